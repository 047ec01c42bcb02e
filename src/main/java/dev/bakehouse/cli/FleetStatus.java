package dev.bakehouse.cli;

import dev.bakehouse.fleet.StatusView;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.JsonNode;

@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "How each host stands, as its daemon says.")
final class FleetStatus implements Callable<Integer> {
  @Mixin private FleetOptions options = new FleetOptions();

  @Override
  public Integer call() {
    return options.tell(
        options.fleet().status(),
        List.of("STATE", "BUSY", "IMAGES", "REASON"),
        result -> {
          JsonNode status = Objects.requireNonNull(result.answer());
          return List.of(
              StatusView.state(status),
              StatusView.busy(status) + "/" + status.path("agents").size(),
              StatusView.images(status),
              StatusView.reason(status));
        });
  }
}
