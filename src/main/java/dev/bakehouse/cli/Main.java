package dev.bakehouse.cli;

import dev.bakehouse.platform.HttpClients;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.Threads;
import java.util.LinkedHashMap;
import java.util.List;
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
    VERBS.put("fleet", FleetCommand::new);
    VERBS.put("pipeline", PipelineCommand::new);
    VERBS.put("performance", PerformanceCommand::new);
    VERBS.put("tests", TestsCommand::new);
    VERBS.put("coordinator", CoordinatorCommand::new);
    VERBS.put("build", BuildCommand::new);
    VERBS.put("explain", ExplainCommand::new);
    VERBS.put("image", ImageCommand::new);
    VERBS.put("vm", VmCommand::new);
    VERBS.put("cache", CacheCommand::new);
  }

  /// Commands that jobs and pipelines wait for, whose start would in good part be the reading of a
  /// command line: so these words alone are not read as one.
  private static final Map<List<String>, Supplier<Callable<Integer>>> PLAIN =
      Map.of(
          List.of("job", "bootstrap"), JobCommand.BootstrapCommand::new,
          List.of("pipeline", "adapt"), PipelineAdapt::new);

  private Main() {}

  public static void main(String[] args) {
    int status = run(args);
    HttpClients.end();
    if (status != Exit.OK || Threads.holdProgram()) {
      System.exit(status);
    }
    // Else the program ends here by itself: an exit first reads all jars for a logger to tell.
  }

  public static int run(String... args) {
    if (args.length == 1 && args[0].equals("--version")) {
      System.out.println("bakehouse " + Self.version());
      return Exit.OK;
    }
    Self.startedAs(args);
    Supplier<Callable<Integer>> plain = PLAIN.get(List.of(args));
    if (plain != null) {
      return unparsed(plain.get());
    }
    CommandLine line = line(args);
    if (args.length == 0) {
      line.usage(System.out);
      return Exit.USAGE;
    }
    return line.execute(args);
  }

  private static int unparsed(Callable<Integer> command) {
    try {
      return command.call();
    } catch (Exception e) {
      return Exit.of(e);
    }
  }

  /// @param args of which the first ones may name a verb: then no other one is built
  static CommandLine line(String... args) {
    CommandLine line = new CommandLine(CommandSpec.create().name("bakehouse"));
    line.getCommandSpec().usageMessage().description(DESCRIPTION);
    line.getCommandSpec().mixinStandardHelpOptions(true).version("bakehouse " + Self.version());
    add(line, VERBS, List.of(args));
    line.setExecutionExceptionHandler((error, command, parsed) -> Exit.of(error));
    return line;
  }

  private static void add(
      CommandLine line, Map<String, Supplier<Callable<Integer>>> verbs, List<String> args) {
    boolean named = !args.isEmpty() && verbs.containsKey(args.getFirst());
    verbs.forEach(
        (name, verb) -> {
          if (!named || name.equals(args.getFirst())) {
            Callable<Integer> command = verb.get();
            CommandLine added = new CommandLine(command);
            if (command instanceof Group group) {
              add(added, group.verbs(), named ? args.subList(1, args.size()) : List.of());
            }
            line.addSubcommand(name, added);
          }
        });
  }
}
