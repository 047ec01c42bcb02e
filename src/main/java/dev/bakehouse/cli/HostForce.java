package dev.bakehouse.cli;

import dev.bakehouse.host.Orders;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.UserError;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `bakehouse host force`
@Command(
    name = "force",
    mixinStandardHelpOptions = true,
    description = "Say for an hour that the host is ready or not, whatever is found.")
final class HostForce implements Callable<Integer> {
  @Mixin HostOptions options = new HostOptions();

  @Parameters(paramLabel = "ready|not-ready|off", description = "`off` ends it before the hour.")
  String how = "";

  @Override
  public Integer call() {
    HostSettings host = options.told();
    Orders orders = new Orders(host.state());
    switch (how) {
      case "ready" -> orders.force(true);
      case "not-ready" -> orders.force(false);
      case "off" -> orders.unforce();
      default ->
          throw new UserError(
              "A host can not be forced to be `" + how + "`", "Use ready, not-ready or off.");
    }
    HostView view = new HostView(host);
    HostView.print(view.next());
    return Exit.OK;
  }
}
