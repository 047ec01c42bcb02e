package dev.bakehouse.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;

/// `bakehouse vm …`: virtual machines by hand. They are kept until deleted by name.
@Command(name = "vm", description = "Virtual machines by hand.", mixinStandardHelpOptions = true)
final class VmCommand extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("list", VmList::new);
    VERBS.put("create", VmCreate::new);
    VERBS.put("run", VmRun::new);
    VERBS.put("stop", VmStop::new);
    VERBS.put("delete", VmDelete::new);
    VERBS.put("snapshot", VmSnapshot::new);
    VERBS.put("clone", VmClone::new);
    VERBS.put("ip", VmIp::new);
    VERBS.put("exec", VmExec::new);
    VERBS.put("ssh", VmSsh::new);
    VERBS.put("reset", VmReset::new);
  }

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }
}
