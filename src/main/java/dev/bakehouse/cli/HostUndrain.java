package dev.bakehouse.cli;

import dev.bakehouse.host.Orders;
import dev.bakehouse.job.HostSettings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `bakehouse host undrain`
@Command(
    name = "undrain",
    mixinStandardHelpOptions = true,
    description = "Let a drained host's agents come back.")
final class HostUndrain implements Callable<Integer> {
  @Mixin HostOptions options = new HostOptions();

  @Override
  public Integer call() {
    HostSettings host = options.told();
    new Orders(host.state()).undrain();
    HostView view = new HostView(host);
    if (view.now().isEmpty()) {
      System.out.println(host.name() + ": not drained any more; no daemon runs");
    } else {
      HostView.print(view.next());
    }
    return Exit.OK;
  }
}
