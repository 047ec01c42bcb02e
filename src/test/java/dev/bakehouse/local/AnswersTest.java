package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.UserError;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bakehouse run` at block and input steps, with a real coordinator; nothing of it needs an agent.
class AnswersTest {
  private static final String PIPELINE =
      """
      steps:
        - block: Release?
          key: gate
          prompt: Fill this in
          fields:
            - {text: Name, key: name, hint: of the release, format: "[a-z]+"}
            - {select: Where, key: where, multiple: true, default: na, options: [{label: America, value: na}, {label: Europe, value: eu}]}
        - {input: Sure?, depends_on: gate}
      """;

  @TempDir Path dir;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  private BuildView run(List<String> options, @Nullable String typed) throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir))) {
      String id =
          coordinator.create(
              new BuildRequest("p", "r", "HEAD", "main", "", Map.of()),
              Pipeline.parse("p", PIPELINE));
      return coordinator.follow(
          id,
          new Answers(
              coordinator,
              Answers.parse(options),
              typed == null ? null : new BufferedReader(new StringReader(typed)),
              new PrintStream(said, true, StandardCharsets.UTF_8)));
    }
  }

  private String said() {
    return said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theCommandLineAnswers() throws Exception {
    BuildView build =
        run(List.of("gate={\"name\": \"dolphin\", \"where\": [\"na\", \"eu\"]}", "Sure?"), null);
    assertThat(build.state()).as(said()).isEqualTo("passed");
    assertThat(build.metaData()).isEqualTo(Map.of("name", "dolphin", "where", "na\neu"));
    assertThat(build.jobs().getFirst().unblocker()).isEqualTo(System.getProperty("user.name"));
  }

  @Test
  void theTerminalIsAskedAgainUntilTheAnswerIsGood() throws Exception {
    BuildView build = run(List.of(), "X1\n\ndolphin\neu, na\n\n");
    assertThat(build.state()).as(said()).isEqualTo("passed");
    assertThat(build.metaData()).isEqualTo(Map.of("name", "dolphin", "where", "eu\nna"));
    assertThat(said())
        .contains("⏸ block `gate`: Fill this in", "Name – of the release: ")
        .contains("Where, some of na (America), eu (Europe) [na]: ")
        .contains("The field `name` (Name) can not be `X1`. Its form: [a-z]+")
        .contains("Enter lets the build go on: ");
  }

  @Test
  void withoutATerminalTheBuildIsCancelledAndItIsSaidHowToAnswer() throws Exception {
    BuildView build = run(List.of("gate={\"name\": \"\"}"), null);
    assertThat(build.state()).isEqualTo("canceled");
    assertThat(said())
        .contains("note: --unblock gate: The field `name` (Name) has no value")
        .contains("The build waits for an answer to the block `gate`")
        .contains("--unblock 'gate={\"name\": \"…\", \"where\": \"na\"}'");
  }

  @Test
  void anOptionWithoutJsonIsRefused() {
    assertThatThrownBy(() -> Answers.parse(List.of("gate=name")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--unblock gate=name has no JSON behind `=`");
  }
}
