package dev.bakehouse.cli;

import dev.bakehouse.host.HostDaemon;
import dev.bakehouse.job.HostSettings;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `bakehouse host run`
@Command(
    name = "run",
    description = "Keep the images ready and supervise the agents, until TERM.",
    mixinStandardHelpOptions = true)
final class HostRun implements Callable<Integer> {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration (default: ${DEFAULT-VALUE}).",
      defaultValue = "bakehouse.yml")
  Path config = Path.of("bakehouse.yml");

  @Option(names = "--finish", description = "At TERM, let running jobs end first: for a service.")
  boolean finish;

  @Override
  public Integer call() throws InterruptedException {
    HostDaemon.limitProcess();
    HostDaemon daemon = new HostDaemon(HostSettings.read(config), System.out);
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook =
        Thread.ofPlatform()
            .unstarted(
                () -> {
                  // Where the daemon could not even start there are no jobs.
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
