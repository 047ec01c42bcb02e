package dev.bakehouse.cli;

import dev.bakehouse.host.HostDaemon;
import dev.bakehouse.job.HostSettings;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `bakehouse host …`: the daemon.
@Command(
    name = "host",
    description = "The daemon of a host.",
    mixinStandardHelpOptions = true,
    subcommands = {
      HostQuarantine.class,
      HostService.Install.class,
      HostService.Uninstall.class,
      HostService.Restart.class
    })
final class HostCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    System.err.println("Name one of install, quarantine, restart, run, uninstall.");
    return Exit.USAGE;
  }

  @Command(
      name = "run",
      description = "Makes the image ready and supervises the agents, until TERM.",
      mixinStandardHelpOptions = true)
  int run(
      @Option(
              names = "--config",
              paramLabel = "FILE",
              description = "Configuration (default: ${DEFAULT-VALUE}).",
              defaultValue = "bakehouse.yml")
          Path config,
      @Option(
              names = "--finish",
              description = "At TERM, let running jobs end first: for a service.")
          boolean finish)
      throws InterruptedException {
    HostDaemon daemon = new HostDaemon(HostSettings.read(config), System.out);
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook =
        Thread.ofPlatform()
            .unstarted(
                () -> {
                  if (finish && ended.getCount() > 0) {
                    daemon.finish();
                  } else {
                    daemon.stop();
                  }
                  try {
                    ended.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      daemon.run();
    } finally {
      ended.countDown();
    }
    return Exit.OK;
  }
}
