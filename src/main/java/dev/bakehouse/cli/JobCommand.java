package dev.bakehouse.cli;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.JobRun;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse job …`: one job in one VM.
@Command(
    name = "job",
    description = "Runs a job or a command in a clean VM.",
    mixinStandardHelpOptions = true)
final class JobCommand extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("bootstrap", BootstrapCommand::new);
    VERBS.put("run", RunCommand::new);
    VERBS.put("rerun", JobRerunCommand::new);
  }

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }

  /// An error of the machinery is never taken for the job's own.
  static int infrastructure(Callable<Integer> work) throws Exception {
    try {
      return work.call();
    } catch (UserError e) {
      Exit.of(e);
      return Exit.INFRASTRUCTURE;
    }
  }

  @Command(
      name = "bootstrap",
      mixinStandardHelpOptions = true,
      description =
          "What the agent's bootstrap-script names: everything comes from the environment.")
  static final class BootstrapCommand implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      return infrastructure(Jobs::bootstrap);
    }
  }

  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      description =
          "Runs one command in a clean VM; ends with its status, 128+N for signal N, 125 when the machinery failed.")
  static final class RunCommand implements Callable<Integer> {
    @Option(names = "--image", paramLabel = "NAME", description = "Local image.")
    Optional<String> image = Optional.empty();

    @Option(
        names = "--dir",
        paramLabel = "DIR",
        description = "Copied into the guest; the command runs in the copy.")
    Optional<Path> dir = Optional.empty();

    @Option(
        names = "--out",
        paramLabel = "DIR",
        description = "Gets a copy of that directory after the command; what else it holds stays.")
    Optional<Path> out = Optional.empty();

    @Option(
        names = "--env",
        paramLabel = "NAME",
        description = "A variable of this process the command gets; repeatable.")
    List<String> env = List.of();

    @Option(names = "--keep", description = "Keep the VM running for inspection after the command.")
    boolean keep;

    @Option(
        names = "--fresh",
        description = "Make a VM for it, even with `vm.start: standby`: none that waits is taken.")
    boolean fresh;

    @Mixin private HostOptions options = new HostOptions();

    @Parameters(
        paramLabel = "CMD",
        arity = "1..*",
        description = "The command and its arguments, after `--`.")
    List<String> command = List.of();

    @Override
    public Integer call() throws Exception {
      return infrastructure(
          () -> {
            HostSettings host = options.settings();
            JobRun.Request request = new JobRun.Request(command, dir, out, env, keep, fresh);
            return new JobRun(image.map(host::withImage).orElse(host), request, System.err).run();
          });
    }
  }
}
