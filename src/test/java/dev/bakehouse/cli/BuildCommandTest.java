package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The build commands against a running coordinator.
class BuildCommandTest {
  @TempDir Path dir;

  @Test
  void buildsAreCreatedShownAndCancelled() throws Exception {
    Path state = dir.resolve("state");
    Path yaml = Files.writeString(dir.resolve("p.yml"), "steps: [{key: a, command: x}]");
    try (Coordinator coordinator = Coordinator.start(Config.of(0, state))) {
      assertThat(run("create", state)).as("no such pipeline").isEqualTo(Exit.FAILED);
      int made =
          run("create", state, "--file", yaml.toString(), "--repository", "r", "--env", "A=b");
      assertThat(made).isEqualTo(Exit.OK);
      assertThat(run("show", state, "1")).isEqualTo(Exit.OK);
      assertThat(run("cancel", state, "1")).isEqualTo(Exit.OK);
      assertThat(run("show", state, "1")).as("an ended, not passed build").isEqualTo(Exit.FAILED);
      assertThat(run("show", state, "2")).isEqualTo(Exit.FAILED);
      assertThat(run("log", state, "1", "none")).isEqualTo(Exit.FAILED);
      BuildView build = coordinator.builds("p").stream().findFirst().orElseThrow();
      assertThat(build.state()).isEqualTo("canceled");
      assertThat(build.env()).containsEntry("A", "b");
    }
    assertThat(run("show", state, "1")).as("no coordinator any more").isEqualTo(Exit.FAILED);
  }

  private static int run(String verb, Path state, String... more) {
    String[] args = new String[6 + more.length];
    String[] first = {"build", verb, "--state", state.toString(), "--pipeline", "p"};
    System.arraycopy(first, 0, args, 0, 6);
    System.arraycopy(more, 0, args, 6, more.length);
    return Main.run(args);
  }
}
