package dev.bakehouse.job;

import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.StepFigures;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// What a step in a guest is told of its caches, and what it tells: variables for its command, and
/// files beside the checkout.
final class StepNotes {
  /// Seconds of `tar czf`, of the archives' way to the build and back, of `tar xzf`, and bytes, for
  /// the directories that are there. Arguments: the job, then a name and a directory each.
  private static final String TAR =
      """
      use strict;
      use warnings;
      use Time::HiRes 'time';
      my ( $job, %dirs ) = @ARGV;
      my %spent = map { $_ => 0 } qw(pack upload download unpack);
      my $bytes = 0;
      chomp( my $work = `mktemp -d /var/tmp/bakehouse-XXXXXX` );
      chdir $work or die "$work: $!\n";
      mkdir 'measured';
      my @agent = ( 'buildkite-agent', 'artifact' );
      for my $name ( sort grep { -d $dirs{$_} } keys %dirs ) {
          my $archive = "measured/$name-cache.tar.gz";
          timed( 'pack',     'tar', 'czf', $archive, '-C', $dirs{$name}, '.' );
          timed( 'upload',   @agent, 'upload', '--log-level', 'error', $archive );
          mkdir $name;
          timed( 'download', @agent, 'download', '--log-level', 'error', '--step', $job, $archive, $name );
          mkdir "$name/x";
          timed( 'unpack',   'tar', 'xzf', "$name/$archive", '-C', "$name/x" );
          $bytes += -s $archive;
          system 'rm', '-rf', $name;
      }
      system 'rm', '-rf', $work;
      print join( ' ', @spent{qw(pack upload download unpack)}, $bytes ), "\n";

      sub timed {
          my ( $what, @command ) = @_;
          my $begin = time;
          system(@command) == 0 or die "@command[0, 1, 2]: status $?\n";
          $spent{$what} += time - $begin;
      }
      """;

  private final Job job;
  private final Path cachePath;
  private final String requests;
  private final String log;

  StepNotes(Job job, GuestPaths paths, Path cachePath) {
    this.job = job;
    this.cachePath = cachePath;
    this.requests = paths.system().home() + "/.bakehouse-cache-requests";
    this.log = paths.system().home() + "/.bakehouse-ccache-log";
  }

  /// Variables for the job, byte strings: what `cmake/Bakehouse.cmake` looks for, and a log for
  /// ccache unless the job has one of its own.
  Map<String, String> environment(Map<String, CacheReport> restored) {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("BAKEHOUSE_CACHE_REQUESTS", RawEnvironment.raw(requests));
    env.put(
        "BAKEHOUSE_CACHE_RESTORED",
        RawEnvironment.raw(JsonMapper.builder().build().writeValueAsString(restored)));
    if (job.text("CCACHE_STATSLOG").isEmpty()) {
      env.put("CCACHE_STATSLOG", RawEnvironment.raw(log));
    }
    return env;
  }

  /// Reads what the step tells, in one go.
  ///
  /// @param ccache whether its counters are wanted
  StepFigures read(Machine machine, String checkout, boolean ccache) throws IOException {
    String own = job.text("CCACHE_STATSLOG");
    List<String> args =
        StepFigures.arguments(
            checkout,
            requests,
            own.isEmpty() ? log : own,
            ccache ? Kind.CCACHE.under(cachePath).toString() : "",
            List.of(job.text("CC"), job.text("CXX")));
    return StepFigures.parse(machine.own().perl(GuestSystem.USER, StepFigures.script(), args));
  }

  /// Measures what the caches would cost as archives of tar and gzip among the build's artifacts.
  Overhead measure(Machine machine, List<Kind> kinds, Overhead overhead) {
    List<String> argv = new ArrayList<>(List.of("perl", "-e", TAR, job.id()));
    kinds.forEach(kind -> argv.addAll(List.of(kind.name(), kind.under(cachePath).toString())));
    Map<String, String> env = new LinkedHashMap<>(job.crossing());
    machine.paths().rewrite(env);
    Beginning out = new Beginning();
    try {
      machine.own().run(argv, env, InputStream.nullInputStream(), out);
      return overhead.withTar(out.text().strip().split(" "));
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new UserError(
          "Could not measure tar and gzip in the guest: " + e.getMessage(),
          "Leave `cache.measure-tar` off, or give the guest more room.",
          e);
    }
  }
}
