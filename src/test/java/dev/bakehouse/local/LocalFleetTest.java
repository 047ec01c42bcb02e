package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.pipeline.Pipeline;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalFleetTest {
  @TempDir Path dir;

  /// A deploy step of a run that was killed must not run in the next one.
  @Test
  void whatAFleetThatWasKilledLeftIsCancelled() {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir))) {
      BuildRequest request = new BuildRequest("test", "/none", "HEAD", "main", "A", Map.of());
      for (String steps :
          List.of("[{command: 'true'}]", "[{block: Sure?, key: sure}, {command: 'true'}]")) {
        var _ = coordinator.create(request, Pipeline.parse("test", "steps: " + steps));
      }
    }
    List<String> said = new ArrayList<>();
    try (LocalFleet fleet = start(said)) {
      List<BuildView> builds = fleet.coordinator().builds("test");
      assertThat(builds).extracting(BuildView::state).containsExactly("canceled", "canceled");
      assertThat(builds).allMatch(BuildView::ended);
    }
    assertThat(notes(said))
        .hasSize(2)
        .allMatch(line -> line.matches("note: build [12] of test was left unfinished .*"));
    said.clear();
    start(said).close();
    assertThat(notes(said)).isEmpty();
    assertThat(said)
        .singleElement()
        .satisfies(
            page -> assertThat(page).contains("coordinator login").doesNotContain("#login="));
  }

  /// But for the web page, whose link nobody gets where no terminal is.
  private static List<String> notes(List<String> said) {
    return said.stream().filter(line -> !line.startsWith("web page: http://127.0.0.1:")).toList();
  }

  private LocalFleet start(List<String> said) {
    return LocalFleet.start(
        Config.of(0, dir),
        0,
        place -> {
          throw new AssertionError("no host is asked for");
        },
        said::add);
  }
}
