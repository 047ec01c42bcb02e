package dev.bakehouse.cli;

import dev.bakehouse.platform.Self;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// The program. [#run] returns the exit status, so tests call it.
public final class Main {
  private static final String DESCRIPTION = "Self-hosted CI in clean, warm VMs.";

  /// Top verbs in the order of the help. Only the named one is built: hooks start this program for
  /// every job.
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("demo", DemoCommand::new);
    VERBS.put("run", RunCommand::new);
    VERBS.put("job", JobCommand::new);
    VERBS.put("host", HostCommand::new);
    VERBS.put("pipeline", PipelineCommand::new);
    VERBS.put("coordinator", CoordinatorCommand::new);
    VERBS.put("build", BuildCommand::new);
    VERBS.put("image", ImageCommand::new);
    VERBS.put("vm", VmCommand::new);
    VERBS.put("cache", CacheCommand::new);
  }

  private Main() {}

  public static void main(String[] args) {
    System.exit(run(args));
  }

  public static int run(String... args) {
    if (args.length == 1 && args[0].equals("--version")) {
      System.out.println("bakehouse " + version());
      return Exit.OK;
    }
    Self.startedAs(args);
    CommandLine line = line(args.length == 0 ? "" : args[0]);
    if (args.length == 0) {
      line.usage(System.out);
      return Exit.USAGE;
    }
    return line.execute(args);
  }

  /// @param only the one verb that is built; all when it is none
  static CommandLine line(String only) {
    CommandLine line = new CommandLine(CommandSpec.create().name("bakehouse"));
    line.getCommandSpec().usageMessage().description(DESCRIPTION);
    line.getCommandSpec().mixinStandardHelpOptions(true).version("bakehouse " + version());
    VERBS.forEach(
        (name, verb) -> {
          if (name.equals(only) || !VERBS.containsKey(only)) {
            line.addSubcommand(name, verb.get());
          }
        });
    line.setExecutionExceptionHandler((error, command, parsed) -> Exit.of(error));
    return line;
  }

  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
