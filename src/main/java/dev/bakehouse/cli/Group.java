package dev.bakehouse.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/// A command of many verbs. [Main] builds only the one that is named, as picocli needs some
/// milliseconds for each.
interface Group extends Callable<Integer> {
  /// By name, in the order of the help.
  Map<String, Supplier<Callable<Integer>>> verbs();
}
