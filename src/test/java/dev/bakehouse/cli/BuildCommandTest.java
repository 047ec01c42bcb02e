package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

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
      assertThat(run("list", state, "--in", "canceled")).isEqualTo(Exit.OK);
      assertThat(run("list", state, "--in", "odd")).isEqualTo(Exit.FAILED);
      assertThat(run("rebuild", state, "1")).isEqualTo(Exit.OK);
      assertThat(run("retry", state, "1")).as("of a cancelled build").isEqualTo(Exit.FAILED);
      assertThat(run("unblock", state, "1/a")).as("no block step").isEqualTo(Exit.FAILED);
      assertThat(run("cancel", state, "2")).isEqualTo(Exit.OK);
      assertThat(run("log", state, "1", "none")).isEqualTo(Exit.FAILED);
      BuildView build = coordinator.builds("p").getLast();
      assertThat(build.state()).isEqualTo("canceled");
      assertThat(build.env()).containsEntry("A", "b");
    }
    assertThat(run("show", state, "1")).as("no coordinator any more").isEqualTo(Exit.FAILED);
  }

  @Test
  void tokensAreMadeForSomeThingsOnly() throws Exception {
    Path state = dir.resolve("state");
    try (Coordinator coordinator = Coordinator.start(Config.of(0, state))) {
      Path out = dir.resolve("token");
      String[] create = {
        "coordinator", "token", "create", "ci", "--scope", "read_builds", "--out", out.toString()
      };
      assertThat(token(state, create)).isEqualTo(Exit.OK);
      assertThat(token(state, create)).as("twice").isEqualTo(Exit.FAILED);
      assertThat(Files.getPosixFilePermissions(out)).hasSize(2);
      create[3] = "lost";
      create[7] = dir.resolve("absent/token").toString();
      assertThat(token(state, create)).isEqualTo(Exit.FAILED);
      create[7] = dir.resolve("second").toString();
      assertThat(token(state, create)).as("one that nobody got is none").isEqualTo(Exit.OK);
      coordinator.definePipeline("p", "repo", "main");
      String[] show = {"list", "--token-file", out.toString(), "--state", state.toString()};
      assertThat(Main.run(pipeline(show))).isEqualTo(Exit.OK);
      show[0] = "create";
      assertThat(Main.run(pipeline(show))).isEqualTo(Exit.FAILED);
      assertThat(token(state, "coordinator", "token", "list")).isEqualTo(Exit.OK);
      assertThat(token(state, "coordinator", "token", "remove", "ci")).isEqualTo(Exit.OK);
      show[0] = "list";
      assertThat(Main.run(pipeline(show))).as("its end").isEqualTo(Exit.FAILED);
      assertThat(coordinator.apiToken()).exists();
    }
  }

  @Test
  void aWaitingJobIsExplained() throws Exception {
    Path state = dir.resolve("state");
    Path yaml = Files.writeString(dir.resolve("p.yml"), "steps: [{key: a, command: x}]");
    try (Coordinator coordinator = Coordinator.start(Config.of(0, state))) {
      run("create", state, "--file", yaml.toString(), "--repository", "r");
      String[] explain = {"explain", "p#1/a", "--state", state.toString()};
      assertThat(said(explain)).contains("a of p #1 is scheduled.", "No agent is connected.");
      explain[1] = coordinator.builds("p").getFirst().jobs().getFirst().id();
      String json =
          said(Stream.concat(Stream.of(explain), Stream.of("--json")).toArray(String[]::new));
      assertThat(JsonMapper.builder().build().readTree(json).path("verdict").asString())
          .isEqualTo("no-agent");
      assertThat(json).contains("\"expected_wait_seconds\":null", "\"waits_for\":[]");
    }
  }

  private static String said(String... args) {
    PrintStream out = System.out;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
      assertThat(Main.run(args)).isEqualTo(Exit.OK);
    } finally {
      System.setOut(out);
    }
    return said.toString(StandardCharsets.UTF_8);
  }

  private static String[] pipeline(String... words) {
    return Stream.concat(
            Stream.of("build"), Stream.concat(Stream.of(words), Stream.of("--pipeline", "p")))
        .toArray(String[]::new);
  }

  private static int token(Path state, String... words) {
    return Main.run(
        Stream.concat(Stream.of(words), Stream.of("--state", state.toString()))
            .toArray(String[]::new));
  }

  private static int run(String verb, Path state, String... more) {
    String[] args = new String[6 + more.length];
    String[] first = {"build", verb, "--state", state.toString(), "--pipeline", "p"};
    System.arraycopy(first, 0, args, 0, 6);
    System.arraycopy(more, 0, args, 6, more.length);
    return Main.run(args);
  }
}
