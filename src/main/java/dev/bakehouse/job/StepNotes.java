package dev.bakehouse.job;

import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.StepFigures;
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
  /// Seconds of `tar czf`, of `tar xzf`, and bytes, for the directories that are there.
  private static final String TAR =
      """
      use Time::HiRes 'time';
      chomp( my $work = `mktemp -d /var/tmp/bakehouse-XXXXXX` );
      my ( $pack, $unpack, $bytes ) = ( 0, 0, 0 );
      for my $dir ( grep { -d } @ARGV ) {
          my $begin = time;
          system( 'tar', 'czf', "$work/a", '-C', $dir, '.' ) == 0 or die "tar czf: $?\n";
          $pack  += time - $begin;
          $bytes += -s "$work/a";
          mkdir "$work/x";
          $begin = time;
          system( 'tar', 'xzf', "$work/a", '-C', "$work/x" ) == 0 or die "tar xzf: $?\n";
          $unpack += time - $begin;
          system 'rm', '-rf', "$work/x";
      }
      system 'rm', '-rf', $work;
      print "$pack $unpack $bytes\n";
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
    List<String> program =
        StepFigures.program(
            checkout,
            requests,
            own.isEmpty() ? log : own,
            ccache ? Kind.CCACHE.under(cachePath).toString() : "",
            List.of(job.text("CC"), job.text("CXX")));
    return StepFigures.parse(run(machine, program));
  }

  /// Measures what the caches would cost as archives of tar and gzip.
  Overhead measure(Machine machine, List<Kind> kinds, Overhead overhead) {
    List<String> argv = new ArrayList<>(List.of("perl", "-e", TAR));
    kinds.forEach(kind -> argv.add(kind.under(cachePath).toString()));
    try {
      String[] words = run(machine, argv).strip().split(" ");
      return overhead.plusTar(
          Double.parseDouble(words[0]), Double.parseDouble(words[1]), Long.parseLong(words[2]));
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new UserError(
          "Could not measure tar and gzip in the guest: " + e.getMessage(),
          "Leave `cache.measure-tar` off, or give the guest more room.",
          e);
    }
  }

  private static String run(Machine machine, List<String> argv) throws IOException {
    Beginning out = new Beginning(StepFigures.LIMIT);
    machine.run(argv, InputStream.nullInputStream(), out);
    return out.text();
  }
}
