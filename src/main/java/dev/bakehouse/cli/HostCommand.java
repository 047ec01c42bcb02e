package dev.bakehouse.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;

/// `bakehouse host …`: the daemon, and what people tell it.
@Command(name = "host", description = "The daemon of a host.", mixinStandardHelpOptions = true)
final class HostCommand extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("run", HostRun::new);
    VERBS.put("status", HostStatusCommand::new);
    VERBS.put("check", HostCheck::new);
    VERBS.put("drain", HostDrain::new);
    VERBS.put("undrain", HostUndrain::new);
    VERBS.put("force", HostForce::new);
    VERBS.put("quarantine", HostQuarantine::new);
    VERBS.put("install", HostService.Install::new);
    VERBS.put("uninstall", HostService.Uninstall::new);
    VERBS.put("restart", HostService.Restart::new);
  }

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }
}
