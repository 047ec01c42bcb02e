package dev.bakehouse.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;

/// `bakehouse fleet …`: all hosts of an inventory.
@Command(
    name = "fleet",
    mixinStandardHelpOptions = true,
    description = {
      "All hosts of an inventory (fleet.hosts in bakehouse.yml), over the system's ssh.",
      "Ends 0 when all went well on all hosts, 1 when not on some, 125 when no host was reached."
    })
final class FleetCommand extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("status", FleetStatus::new);
    VERBS.put("drain", FleetDrain::new);
    VERBS.put("undrain", FleetUndrain::new);
    VERBS.put("upgrade", FleetUpgrade::new);
    VERBS.put("exec", FleetExec::new);
  }

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }
}
