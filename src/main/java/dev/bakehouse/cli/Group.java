package dev.bakehouse.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// A command of many verbs. [Main] builds only the one that is named, as picocli needs some
/// milliseconds for each.
abstract class Group implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  /// By name, in the order of the help.
  abstract Map<String, Supplier<Callable<Integer>>> verbs();

  /// Without a verb there is nothing to do.
  @Override
  public final Integer call() {
    spec.commandLine().usage(System.err);
    return Exit.USAGE;
  }
}
