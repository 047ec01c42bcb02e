package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Pipeline;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A coordinator for each test of a class, and builds in it.
abstract class WithCoordinator {
  @TempDir Path dir;
  Coordinator coordinator;

  @BeforeEach
  void startCoordinator() {
    coordinator = Coordinator.start(Config.of(0, dir.resolve("state")));
  }

  @AfterEach
  void stopCoordinator() {
    coordinator.close();
  }

  /// @return the build's id
  final String build(String pipeline, String yaml) {
    return coordinator.create(
        new BuildRequest(pipeline, "repo", "HEAD", "main", "", Map.of()),
        Pipeline.parse("p", yaml));
  }

  /// @param steps as in a list in brackets
  final void build(String steps) {
    String _ = build("p", "steps: [" + steps + "]");
  }
}
