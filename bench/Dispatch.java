import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.VmRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Queue to first log line with a VM on standby, beside the same inner bootstrap by bare `ssh`.
final class Dispatch {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final String GO = "/tmp/bench-go";

  /// The first line that the guest wrote, with the time at which the agent read it (in ms).
  private static final Pattern FIRST =
      Pattern.compile("(\\S+) runs the job\\r?\\n\\x1b_bk;t=(\\d+)\\x07[^\\n]*\\S");

  private static final Pattern PHASE = Pattern.compile("([a-z]+) ([0-9.]+) s");

  /// Writes the inner bootstrap's own environment, but for the checkout's place, into a script.
  private static final String CAPTURE =
      """
      use strict;
      my ($pid) = split /\\n/, qx(pgrep -f "buildkite-agent bootstrap");
      my $exe = readlink "/proc/$pid/exe";
      open my $in, "<", "/proc/$pid/environ" or die "environ: $!";
      local $/; my @env = split /\\0/, scalar <$in>;
      s{^BUILDKITE_BUILD_CHECKOUT_PATH=.*}{BUILDKITE_BUILD_CHECKOUT_PATH=/tmp/bench-checkout}s for @env;
      s/\\x27/\\x27\\\\\\x27\\x27/g for @env;
      open my $out, ">", "/tmp/bench-inner" or die "script: $!";
      print {$out} "exec env -i ", join(" ", map { "\\x27$_\\x27" } @env), " $exe bootstrap\\n";
      close $out;
      """;

  private final Path state;
  private final Coordinator coordinator;
  private final Path repository;

  private Dispatch(Path work) {
    this.state = work.resolve("host");
    this.coordinator = Coordinator.start(Config.of(0, work.resolve("coordinator")));
    this.repository = work.resolve("repository");
    Command.of("git", "init", "-q", "-b", "main", repository.toString()).check();
    Command.of("git", "-c", "user.name=Bench", "-c", "user.email=bench@localhost")
        .and("-C", repository.toString(), "commit", "-q", "--allow-empty", "-m", "Empty")
        .check();
  }

  public static void main(String[] args) throws Exception {
    Path image = Path.of(args[0]).toAbsolutePath().normalize();
    Path work = Files.createTempDirectory("bench");
    try {
      new Dispatch(work).run(work, image, args[1], Integer.parseInt(args[2]));
    } finally {
      Directories.delete(work);
    }
  }

  private void run(Path work, Path image, String agent, int runs) throws Exception {
    Path config = work.resolve("bakehouse.yml");
    Files.writeString(
        config,
        """
        host: {name: bench, state: '%s', images: '%s', image: %s, slots: 1, standby: {memory-mb: 1024}}
        vm: {hypervisor: qemu, cpus: 1, memory-mb: 1024, disk-gb: 4, start: standby}
        agent: {binary: '%s', endpoint: '%s', token-file: '%s'}
        """
            .formatted(
                state,
                image.getParent(),
                image.getFileName(),
                agent,
                coordinator.agentEndpoint(),
                coordinator.registrationToken()));
    Path log = work.resolve("daemon.log");
    Process daemon =
        Command.of(Self.argv("host", "run", "--config", config.toString())).startInto(log);
    try {
      List<double[]> all = new ArrayList<>();
      measure(); // The first fills caches.
      for (int n = 1; n <= runs; n++) {
        all.add(measure());
      }
      double ours = median(all, 0);
      double bare = median(all, 1);
      say("%-58s %6s", "median of " + runs + " (seconds)", "");
      say("%-58s %6.2f", "queue to first log line, VM on standby", ours);
      say("%-58s %6.2f", "  to where the coordinator shows it", median(all, 3));
      say("%-58s %6.2f", "  of it, until the agent has begun with the job", median(all, 2));
      say("%-58s %6.2f", "bare ssh to the same guest, to the same line", bare);
      double ratio = ours / bare;
      say("goal dispatch queue to first log line beside bare ssh: %.2f (asked 1.50) %s", ratio, ratio <= 1.5 ? "met" : "missed");
    } catch (RuntimeException e) {
      System.err.println(Files.readString(log));
      throw e;
    } finally {
      daemon.destroy();
      daemon.waitFor();
      coordinator.close();
    }
  }

  /// @return seconds of ours, of bare ssh, of the agent's part of ours, and until ours is shown: the agent sends its log once a second
  private double[] measure() throws Exception {
    VmHome home = new VmHome(state);
    Poll.until("a VM that waits", LIMIT, () -> home.all().stream().filter(VmRecord::waits).findFirst());
    long begin = System.nanoTime();
    long queued = System.currentTimeMillis();
    String build =
        coordinator.create(
            new BuildRequest("bench", repository.toString(), "HEAD", "main", "Bench", Map.of()),
            Pipeline.parse("bench", "steps: [{command: 'until [ -e " + GO + " ]; do sleep 0.2; done'}]"));
    Matcher line = firstLine(build);
    double shown = (System.nanoTime() - begin) / 1e9;
    double ours = (Long.parseLong(line.group(2)) - queued) / 1e3;
    String vm = line.group(1);
    JobView job = coordinator.build(build).jobs().getFirst();
    Path dir = state.resolve("connections").resolve(vm);
    Poll.until("the job's command", LIMIT, () -> Optional.of(job).filter(j -> log(j).contains("Running commands")));
    ssh(dir, "perl", "-e", "'" + CAPTURE.replace("\n", " ") + "'").check();
    begin = System.nanoTime();
    Process bare = ssh(dir, "sh", "/tmp/bench-inner").merged().start();
    int first = bare.getInputStream().read();
    double other = (System.nanoTime() - begin) / 1e9;
    bare.destroyForcibly();
    if (first < 0) {
      throw new IOException("the bare bootstrap said nothing");
    }
    ssh(dir, "touch", GO).check();
    Poll.until("the end", LIMIT, () -> Optional.of(build).filter(b -> coordinator.build(b).ended()));
    Matcher phases = PHASE.matcher(log(job).substring(log(job).lastIndexOf("bakehouse: image")));
    StringBuilder told = new StringBuilder();
    while (phases.find()) {
      told.append(' ').append(phases.group(1)).append(' ').append(phases.group(2));
    }
    double agent = (job.started() - job.runnable()) / 1000.0;
    say("ours %.2f (agent %.2f, shown %.2f), bare %.2f;%s", ours, agent, shown, other, told);
    return new double[] {ours, other, agent, shown};
  }

  private Matcher firstLine(String build) throws InterruptedException {
    String job = coordinator.build(build).jobs().getFirst().id();
    long end = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < end) {
      Matcher line = FIRST.matcher(new String(coordinator.log(job), StandardCharsets.UTF_8));
      if (line.find()) {
        return line;
      }
      Thread.sleep(5); // Poll's pauses grow, and this is a measurement.
    }
    throw new IllegalStateException("no line of the guest within " + LIMIT);
  }

  private String log(JobView job) {
    return new String(coordinator.log(job.id()), StandardCharsets.UTF_8);
  }

  private static Command ssh(Path dir, String... command) throws IOException {
    JsonNode told = JsonMapper.builder().build().readTree(Files.readAllBytes(dir.resolve("hand-over.json")));
    return Command.of("ssh", "-F", "none", "-i", dir.resolve("key").toString())
        .and("-o", "UserKnownHostsFile=" + dir.resolve("known_hosts"))
        .and("-o", "HostKeyAlias=bakehouse-guest", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR")
        .and("-p", String.valueOf(told.at("/endpoint/port").asInt()), "-l", "admin")
        .and(told.at("/endpoint/host").asString())
        .and(command)
        .deadline(LIMIT);
  }

  private static double median(List<double[]> all, int column) {
    double[] sorted = all.stream().mapToDouble(row -> row[column]).sorted().toArray();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
