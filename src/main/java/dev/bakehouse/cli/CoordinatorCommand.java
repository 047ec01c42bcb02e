package dev.bakehouse.cli;

import dev.bakehouse.config.Section;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "coordinator",
    mixinStandardHelpOptions = true,
    description = "Serves unmodified buildkite-agents without an account, until it gets TERM.",
    subcommands = {CoordinatorTokenCommand.class, CoordinatorLogin.class})
final class CoordinatorCommand implements Callable<Integer> {
  @Option(
      names = "--port",
      paramLabel = "P",
      description = "Port on 127.0.0.1; 0 takes any free one.",
      defaultValue = "0")
  private int port;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Directory of its state (${DEFAULT-VALUE}).",
      defaultValue = ".bakehouse/coordinator")
  @SuppressWarnings("NullAway.Init")
  private Path state;

  @Option(
      names = "--address-file",
      paramLabel = "FILE",
      description = "Also write the address here, when it answers.")
  private @Nullable Path addressFile;

  @Option(
      names = "--keep-artifacts-days",
      paramLabel = "N",
      description =
          "Artifacts of builds that have ended expire after N days (${DEFAULT-VALUE}); 0: never.",
      defaultValue = "180")
  private int keepDays;

  @Override
  public Integer call() throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    Section given =
        Yaml.parse("command line", "{port: " + port + ", keep-artifacts-days: " + keepDays + "}");
    Coordinator coordinator =
        Coordinator.start(
            Config.of(given.number("port", 0, 0, 65535), state)
                .keepArtifacts(
                    Duration.ofDays(given.number("keep-artifacts-days", 180, 0, 36_500))));
    Runtime.getRuntime().addShutdownHook(new Thread(coordinator::close));
    if (addressFile != null) {
      write(addressFile, coordinator);
    }
    System.out.println(
        "Coordinator at "
            + coordinator.address()
            + " (agents: "
            + coordinator.agentEndpoint()
            + "), tokens in "
            + coordinator.registrationToken().toAbsolutePath()
            + " and "
            + coordinator.apiToken().toAbsolutePath());
    System.out.println(
        "Web page: `bakehouse coordinator login --state " + state + "` prints a link to it");
    System.out.flush();
    end.await();
    return Exit.OK;
  }

  private static void write(Path file, Coordinator coordinator) {
    try {
      Path part = file.resolveSibling(file.getFileName() + ".part");
      Files.writeString(part, coordinator.address() + "\n");
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UserError(
          "Could not write the address to " + file + ": " + e.getMessage(),
          "Check the directory.",
          e);
    }
  }
}
