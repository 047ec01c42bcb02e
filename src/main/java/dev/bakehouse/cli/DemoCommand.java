package dev.bakehouse.cli;

import dev.bakehouse.local.Demo;
import dev.bakehouse.local.LocalFleet;
import dev.bakehouse.local.StateDirectory;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse demo`: the main job on this machine.
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Builds the example project cold, then warm, in clean VMs on this machine, and compares.")
final class DemoCommand implements Callable<Integer> {
  @Option(names = "--yes", description = "Install what is missing without asking.")
  boolean yes;

  @Option(names = "--keep", description = "Leave coordinator and hosts running until interrupted.")
  boolean keep;

  @Option(names = "--clean", description = "Remove everything earlier runs left, and end.")
  boolean clean;

  @Option(
      names = "--prepare",
      description = "Install what is missing, make the guest image, and end.")
  boolean prepare;

  @Option(names = "--logs", description = "Show the jobs' logs.")
  boolean logs;

  @Option(
      names = "--measure-caches",
      description =
          "Measure as well what the caches would cost as tar.gz archives among the artifacts.")
  boolean measureCaches;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the figures there.")
  Optional<Path> json = Optional.empty();

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Where everything is kept (default: .bakehouse beside the program).")
  Optional<Path> state = Optional.empty();

  @Override
  public Integer call() throws IOException {
    Path dir =
        state.orElseGet(() -> Self.root().resolve(".bakehouse")).toAbsolutePath().normalize();
    if (clean) {
      new StateDirectory(dir).remove();
      System.out.println("Removed " + dir + ".");
      return Exit.OK;
    }
    JsonFile.insistWritable(json);
    Demo demo = new Demo(dir, System.out, yes, logs, measureCaches);
    if (prepare) {
      demo.prepare();
      return Exit.OK;
    }
    Demo.Result result = demo.run(this::whileUp);
    return result.failures().isEmpty() ? Exit.OK : Exit.FAILED;
  }

  private void whileUp(LocalFleet fleet, Demo.Result result) throws IOException {
    if (json.isPresent()) {
      Files.writeString(json.get(), report(result));
    }
    if (!keep) {
      return;
    }
    System.out.println(
        "\nCoordinator: "
            + fleet.coordinator().address()
            + " (REST under /v2, token in "
            + fleet.coordinator().apiToken()
            + ")");
    System.out.println(fleet.webPage());
    System.out.println("Everything keeps running; interrupt to stop.");
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String report(Demo.Result result) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("cold", result.cold());
    report.put("warm", result.warm());
    report.put("caches", result.warm().caches());
    return JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build()
            .writerWithDefaultPrettyPrinter()
            .writeValueAsString(report)
        + "\n";
  }
}
