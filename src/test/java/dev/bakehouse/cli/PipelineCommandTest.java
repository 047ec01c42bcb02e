package dev.bakehouse.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PipelineCommandTest {
  private static final String CONFIG =
      "pipeline: {targets: {linux-x64: {}}, steps: {cpp: {command: 'echo $HOME'}}}\n";

  @TempDir Path dir;

  @BeforeEach
  void file() throws IOException {
    Files.writeString(dir.resolve("bakehouse.yml"), CONFIG);
  }

  private Command bakehouse(String... args) {
    return Command.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "dev.bakehouse.cli.Main",
            "pipeline")
        .and(args)
        .in(dir);
  }

  private static String group(Outcome outcome) {
    JsonNode json = JsonMapper.shared().readTree(outcome.out());
    return json.get("steps").get(0).get("group").asString();
  }

  @Test
  void generatesFromTheFileHereANamedOneAndStandardInput() {
    assertThat(group(bakehouse("generate").check())).isEqualTo("linux-x64");
    assertThat(group(bakehouse("generate", "bakehouse.yml").check())).isEqualTo("linux-x64");
    byte[] other = CONFIG.replace("linux-x64", "windows-x64").getBytes(StandardCharsets.UTF_8);
    assertThat(group(bakehouse("generate", "-").input(other).check())).isEqualTo("windows-x64");
  }

  @Test
  void aWrongConfigurationIsToldInTwoLines() {
    byte[] wrong = "pipeline: {stages: 1}\n".getBytes(StandardCharsets.UTF_8);
    Outcome outcome = bakehouse("generate", "-").input(wrong).run();
    assertThat(outcome.status()).isEqualTo(Exit.FAILED);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.complaint()).startsWith("bakehouse: standard input:1: ").hasLineCount(2);
  }

  @Test
  void withoutAnyConfigurationItSaysSo() throws IOException {
    Files.delete(dir.resolve("bakehouse.yml"));
    Outcome outcome = bakehouse("generate").input(new byte[0]).run();
    assertThat(outcome.status()).isEqualTo(Exit.FAILED);
    assertThat(outcome.complaint())
        .startsWith("bakehouse: There is no " + dir.toRealPath().resolve("bakehouse.yml"))
        .hasLineCount(2);
  }

  /// The agent's place is taken by a script that keeps what it was called with.
  @Test
  void uploadsThroughTheAgentThatRunsTheJob() throws IOException {
    Path agent = dir.resolve("buildkite-agent");
    Files.writeString(
        agent,
        "#!/bin/sh\necho \"$@\" >args\necho \"$BUILDKITE_AGENT_ACCESS_TOKEN\" >token\ncat >json\n"
            + "echo uploaded\n");
    assertThat(agent.toFile().setExecutable(true)).isTrue();
    Outcome outcome =
        bakehouse("upload")
            .env("BUILDKITE_BIN_PATH", dir.toString())
            .env("BUILDKITE_AGENT_ACCESS_TOKEN", "job-token")
            .check();
    assertThat(outcome.text()).isEqualTo("uploaded");
    assertThat(dir.resolve("args")).hasContent("pipeline upload --no-interpolation");
    assertThat(dir.resolve("token")).hasContent("job-token");
    assertThat(Files.readString(dir.resolve("json")))
        .isEqualTo(bakehouse("generate").check().text() + "\n")
        .contains("echo $HOME");
  }

  @Test
  void aRefusedUploadFailsWithTheAgentsOwnWords() throws IOException {
    Path agent = dir.resolve("buildkite-agent");
    Files.writeString(agent, "#!/bin/sh\ncat >/dev/null\necho 'step key taken' >&2\nexit 4\n");
    assertThat(agent.toFile().setExecutable(true)).isTrue();
    Outcome outcome = bakehouse("upload").env("BUILDKITE_BIN_PATH", dir.toString()).run();
    assertThat(outcome.status()).isEqualTo(Exit.FAILED);
    assertThat(outcome.complaint()).contains("status 4").contains("step key taken");
  }

  @Test
  void adaptsAPipelineThatAGeneratorPrints() throws IOException {
    byte[] printed = "steps: [{command: a, agents: {os: darwin}}, wait]\n".getBytes(UTF_8);
    Outcome outcome = bakehouse("adapt").input(printed).check();
    JsonNode steps = JsonMapper.shared().readTree(outcome.out()).path("steps");
    assertThat(steps.get(0).path("agents"))
        .hasToString("{\"os\":\"darwin\",\"vm-ready\":\"true\"}");
    assertThat(steps.get(1)).hasToString("\"wait\"");
    Files.writeString(dir.resolve("bakehouse.yml"), "pipeline: {image: mac-1, image-step: off}\n");
    assertThat(bakehouse("adapt").input(printed).run().complaint())
        .contains("bakehouse.yml:1: `pipeline.image-step: off`");
    assertThat(bakehouse("adapt", "--affinity", "both", "-").input(printed).run().status())
        .isEqualTo(Exit.FAILED);
  }

  @Test
  void lintsWithAStatusAndAsJson() throws IOException {
    Files.writeString(dir.resolve("p.yml"), "steps:\n  - command: a\n    depends_on: b\n");
    Outcome text = bakehouse("lint", "p.yml").run();
    assertThat(text.status()).isEqualTo(Exit.FAILED);
    assertThat(text.text())
        .contains("p.yml:3: step `a`: depends on `b`, which is no step's key [dangling-dependency]")
        .contains("p.yml:2: step `a`: has no time-out");
    JsonNode json = JsonMapper.shared().readTree(bakehouse("lint", "--json", "p.yml").run().out());
    assertThat(json.path("findings").get(1).propertyNames())
        .containsExactly("file", "line", "rule", "step", "what", "remedy");
    byte[] clean = "steps: [wait]".getBytes(UTF_8);
    assertThat(bakehouse("lint").input(clean).run().status()).isEqualTo(Exit.OK);
    byte[] secret = "steps: [{command: a, timeout_in_minutes: 1, secrets: [S]}]".getBytes(UTF_8);
    Outcome told = bakehouse("lint").input(secret).run();
    assertThat(told.status()).as("right at Buildkite").isEqualTo(Exit.OK);
    assertThat(told.text()).contains("not with `bakehouse run` [buildkite-only]");
    Files.write(dir.resolve("latin.yml"), "steps: [{command: caf\u00e9}]".getBytes(ISO_8859_1));
    assertThat(bakehouse("lint", "latin.yml").run().complaint())
        .contains("latin.yml: it is no text in UTF-8");
    Outcome unreadable = bakehouse("lint").input("steps: [".getBytes(UTF_8)).run();
    assertThat(unreadable.status()).isEqualTo(Exit.USAGE);
    assertThat(unreadable.complaint()).startsWith("bakehouse: standard input:1: ");
  }

  @Test
  void explainsWithMeasuredTimes() throws IOException {
    Files.writeString(
        dir.resolve("p.yml"),
        "steps:\n- {command: a, key: a}\n- {command: b, key: b, depends_on: a}\n");
    Files.writeString(dir.resolve("times.json"), "{\"steps\":[{\"key\":\"a\",\"seconds\":7}]}");
    assertThat(bakehouse("explain", "p.yml", "--times", "times.json").check().text())
        .contains("after a (depends_on)")
        .contains("Critical path, 7 s: a (7 s)");
    JsonNode json =
        JsonMapper.shared().readTree(bakehouse("explain", "p.yml", "--json").check().out());
    assertThat(json.path("steps").get(1).path("wave").asInt()).isEqualTo(2);
  }

  private void agent(String script) throws IOException {
    Path agent = dir.resolve("buildkite-agent");
    Files.writeString(agent, "#!/bin/sh\n" + script);
    assertThat(agent.toFile().setExecutable(true)).isTrue();
  }

  /// What people chose replaces the message's options and the enabled targets.
  @Test
  void uploadsWhatPeopleChose() throws IOException {
    Files.writeString(
        dir.resolve("bakehouse.yml"),
        "pipeline: {targets: {linux-x64: {}, windows-x64: {enabled: false}},"
            + " steps: {cpp: {command: a}, test: {command: b}}}\n");
    agent(
        "case \"$*\" in\n"
            + "*bakehouse-options*) printf 'skip-tests\\nforce-builds' ;;\n"
            + "*bakehouse-targets*) echo windows-x64 ;;\n"
            + "*) cat >json ;;\nesac\n");
    Command upload =
        bakehouse("upload")
            .env("BUILDKITE_BIN_PATH", dir.toString())
            .env("BUILDKITE_SOURCE", "ui")
            .env("BUILDKITE_MESSAGE", "[only tests]");
    upload.check();
    assertThat(dir.resolve("json")).content().contains("\"input\"").doesNotContain("group");
    upload.env("BAKEHOUSE_OPTIONS", "asked").check();
    assertThat(dir.resolve("json"))
        .content()
        .contains("windows-x64-build-cpp", "FORCE_BUILDS")
        .doesNotContain("linux-x64", "test-bun", "ONLY_TESTS");
  }

  @Test
  void uploadsNothingForSkipCi() throws IOException {
    agent("echo called; exit 9\n");
    Outcome outcome =
        bakehouse("upload")
            .env("BUILDKITE_BIN_PATH", dir.toString())
            .env("BUILDKITE_MESSAGE", "Docs [skip ci]")
            .check();
    assertThat(outcome.text()).contains("nothing is uploaded");
  }

  @Test
  void pinsToTheHostOfItsAgent() throws IOException {
    Files.writeString(
        dir.resolve("bakehouse.yml"), CONFIG.replace("{targets", "{affinity: host, targets"));
    agent("cat >json\n");
    Command upload =
        bakehouse("upload", "--target", "linux-x64", "--pin")
            .env("BUILDKITE_BIN_PATH", dir.toString());
    assertThat(upload.run().complaint()).contains("its agent has no tag `host`");
    upload.env("BUILDKITE_AGENT_META_DATA_HOST", "mini-2").check();
    assertThat(dir.resolve("json")).content().contains("\"host\" : \"mini-2\"");
  }
}
