package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.KillFixture;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse run PIPELINE.yml` as a process of its own.
@Tag("agent")
class RunCommandTest {
  private static final String PIPELINE =
      """
      env: {OUTER: of the pipeline}
      steps:
        - key: first
          command: ['echo "$$OUTER, $$OWN" > out.txt', 'cat file.txt', 'echo "from $$BUILDKITE_PIPELINE_DEFAULT_BRANCH"']
          env: {OWN: of the step}
          artifact_paths: out.txt
        - wait
        - group: Two at once
          key: both
          steps:
            - key: pair
              parallelism: 2
              agents: {queue: nowhere}
              command:
                - buildkite-agent artifact download out.txt .
                - echo "part $$BUILDKITE_PARALLEL_JOB of $$BUILDKITE_PARALLEL_JOB_COUNT has $(cat out.txt)"
        - key: again
          depends_on: first
          command: 'test "$$BUILDKITE_RETRY_COUNT" = 1 || exit 9; echo "again in $(nproc)"; exit 3'
          env: {BAKEHOUSE_VM_CPUS: "1"}
          soft_fail: [{exit_status: 3}]
          retry: {automatic: {exit_status: 9, limit: 1}}
      """;

  @TempDir Path dir;
  private Path repository;
  private Path state;

  @BeforeEach
  void repository() throws IOException {
    state = Files.createDirectory(dir.resolve("state"));
    repository = Files.createDirectory(dir.resolve("repository"));
    Files.writeString(repository.resolve("file.txt"), "content of the repository\n");
    git("init", "-q", "-b", "main");
    git("add", "--all");
    git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-q", "-m", "First");
    git("switch", "-q", "-c", "topic");
  }

  @Test
  @Tag("vm")
  void aPipelinePassesAndAnotherFails() throws IOException {
    Files.createSymbolicLink(state.resolve("images"), KillFixture.image().getParent());
    String image = KillFixture.image().getFileName().toString();
    Path json = dir.resolve("build.json");

    Outcome passed = run(PIPELINE, "--image", image, "--json", json.toString());

    assertThat(passed.status()).as(all(passed)).isZero();
    assertThat(passed.text())
        .contains("content of the repository", "from main")
        .contains("part 0 of 2 has of the pipeline, of the step")
        .contains("part 1 of 2 has of the pipeline, of the step")
        .contains("again in 1")
        .contains("build 1 passed");
    JsonNode build = JsonMapper.builder().build().readTree(Files.readString(json));
    assertThat(build.path("state").asString()).isEqualTo("passed");
    List<String> steps = new ArrayList<>();
    for (JsonNode step : build.path("steps")) {
      assertThat(step.path("vm").asString()).startsWith("host-1-");
      assertThat(step.path("phases").path("command").asDouble()).isPositive();
      steps.add(
          step.path("key").asString()
              + " "
              + step.path("exit").asInt()
              + " "
              + step.path("attempts"));
    }
    assertThat(steps).containsExactly("first 0 1", "pair 0 1", "pair 0 1", "again 3 2");

    Outcome failed = run("steps: [{key: only, command: exit 4}]", "--image", image);

    assertThat(failed.status()).as(all(failed)).isEqualTo(Exit.FAILED);
    assertThat(failed.text()).contains("only failed · exit 4").contains("failed");

    String typo = "steps: [{key: T-build-cpp, command: 'true', env: {CACHE_STRATEGY: sometimes}}]";
    Outcome wrong = run(typo, "--image", image);

    assertThat(wrong.status()).as(all(wrong)).isEqualTo(Exit.FAILED);
    assertThat(wrong.text())
        .contains("CACHE_STRATEGY=sometimes is not known", "T-build-cpp failed · exit 1")
        .doesNotContain("clone ·");
  }

  @Test
  @Tag("vm")
  void aSignalCancelsTheBuildAndLeavesNothing() throws Exception {
    Files.createSymbolicLink(state.resolve("images"), KillFixture.image().getParent());
    Files.writeString(
        dir.resolve("pipeline.yml"), "steps: [{key: long, command: 'echo begun; sleep 600'}]");
    Path said = dir.resolve("said");
    Path json = dir.resolve("build.json");
    String image = KillFixture.image().getFileName().toString();
    Process run =
        command("--image", image, "--json", json.toString(), "--slots", "1").startInto(said);
    try {
      Poll.until(
          "the job",
          Duration.ofMinutes(3),
          () -> Optional.of(read(said)).filter(t -> t.lines().anyMatch(l -> l.endsWith("begun"))));
    } finally {
      run.destroy();
    }

    assertThat(run.waitFor(90, TimeUnit.SECONDS)).as(read(said)).isTrue();
    assertThat(new QemuHypervisor(state.resolve("hosts/host-1")).list()).isEmpty();
    assertThat(
            ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .filter(line -> line.contains(state.toString())))
        .isEmpty();
    assertThat(Files.readString(json)).contains("\"state\":\"canceled\"");
  }

  @Test
  @Tag("vm")
  void whatAKilledRunLeftDoesNotRunInTheNextOne() throws Exception {
    Files.createSymbolicLink(state.resolve("images"), KillFixture.image().getParent());
    Path pipeline = dir.resolve("pipeline.yml");
    Files.writeString(
        pipeline, "steps: [{key: long, command: 'echo begun; sleep 600'}, {command: deploy}]");
    Path said = dir.resolve("said");
    String[] small = {"--image", KillFixture.image().getFileName().toString(), "--slots", "1"};
    Process run = command(small).startInto(said);
    try {
      Poll.until(
          "the job",
          Duration.ofMinutes(3),
          () -> Optional.of(read(said)).filter(t -> t.lines().anyMatch(l -> l.endsWith("begun"))));
    } finally {
      run.destroyForcibly().waitFor();
    }
    Files.writeString(pipeline, "steps: [{key: quick, command: 'echo quick'}]");
    Outcome next = command(small).deadline(Duration.ofMinutes(5)).run();
    assertThat(next.status()).as(next.text() + next.complaint()).isZero();
    assertThat(next.text())
        .contains("waiting: the hosts of a run that was killed are ending")
        .containsPattern("note: build 1 of \\S+ was left unfinished")
        .contains("quick passed", "build 2 passed")
        .doesNotContain("deploy");
  }

  private static String read(Path file) throws IOException {
    return Files.exists(file) ? Files.readString(file) : "";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "steps:\\n  - command: x\\n bad: [ | pipeline.yml:3: | Correct the YAML there",
        "steps:\\n\\n  - {command: x] | pipeline.yml:3: | Correct the YAML there",
        "steps: [{command: 'echo ${NAME?is missing}'}] | can not read the pipeline | is missing",
        "steps: [{command: x, commandz: y}] | step 1 | commandz",
        "steps: [{command: a, secrets: [S]}] | `secrets` of step 1 | at Buildkite it works",
        "steps: [{block: b, key: k, fields: [{text: a}]}] | pipeline.yml: `key` of `fields` of step 1 (block k) is missing | Correct it",
        "steps: [{shout: x}] | Step 1 is of no known kind | command",
        "steps: [{command: x, depends_on: nothing}] | nothing | pipeline.yml",
        "steps: [] | has no steps | Add a step",
      })
  void whatIsWrongWithAPipelineIsSaidBeforeAnythingStarts(
      String pipeline, String message, String more) throws IOException {
    fakeImage();
    Outcome outcome = run(pipeline.replace("\\n", "\n"));
    assertSays(outcome, message, more);
    assertThat(state.resolve("coordinator")).doesNotExist();
  }

  @Test
  void anotherPipelinesFileIsNamedForWhatIsWrongInIt() throws IOException {
    fakeImage();
    Path other =
        Files.writeString(dir.resolve("other.yml"), "steps: [wait, {block: b, blocked_state: x}]");
    assertSays(
        run("steps: [{trigger: o}]", "--pipeline", "o=" + other),
        "other.yml: `blocked_state` of step 2 (block) must be passed");
    assertThat(state.resolve("coordinator")).doesNotExist();
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    assertSays(run("steps: [{command: x}]"), "There is no image", "bakehouse image pull");
    fakeImage();
    assertSays(run("steps: [{command: x}]", "--hosts", "0"), "hosts: 0", "from 1 to 16");
    assertSays(run("steps: [{command: x}]", "--slots", "0"), "slots: 0", "from 1 to 64");
    assertSays(
        run("steps: [{command: x}]", "--repo", state.toString()),
        "is not a git repository",
        "--repo");
    assertSays(
        run("steps: [{command: x}]", "--repo", dir.resolve("nowhere").toString()),
        "nowhere is no directory");
    assertSays(
        run("steps: [{command: x}]", "--json", dir.resolve("nowhere/x.json").toString()),
        "nowhere/x.json of --json can not be written");
    Path bin = Files.createDirectory(dir.resolve("bin"));
    Files.createSymbolicLink(bin.resolve("git"), Path.of(Programs.path("git")));
    Outcome bare = command().env("PATH", bin.toString()).run();
    assertThat(bare.text()).contains("needs qemu-system-");
    assertSays(bare, "neither apt-get nor brew", "by hand: ");
    assertThat(state.resolve("coordinator")).doesNotExist();
    Files.write(dir.resolve("pipeline.yml"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertSays(start(), "pipeline.yml is no text in UTF-8");
    Files.delete(dir.resolve("pipeline.yml"));
    assertSays(start(), "There is no pipeline file", "pipeline.yml");
  }

  private void fakeImage() throws IOException {
    Path image = Files.createDirectories(state.resolve("images/bakehouse-debian-12"));
    Files.writeString(image.resolve("image.json"), "{}");
  }

  private Outcome run(String pipeline, String... more) throws IOException {
    Files.writeString(dir.resolve("pipeline.yml"), pipeline);
    return start(more);
  }

  private Outcome start(String... more) {
    return command(more).run();
  }

  private Command command(String... more) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--repo", repository.toString());
    options.put("--state", state.toString());
    options.putAll(Map.of("--cpus", "2", "--memory-mb", "1024", "--disk-gb", "4"));
    for (int n = 0; n < more.length; n += 2) {
      options.put(more[n], more[n + 1]);
    }
    List<String> argv = Self.argv("run", dir.resolve("pipeline.yml").toString());
    return Command.of(argv)
        .and(
            options.entrySet().stream()
                .flatMap(e -> Stream.of(e.getKey(), e.getValue()))
                .toArray(String[]::new))
        .deadline(Duration.ofMinutes(6));
  }

  private static void assertSays(Outcome outcome, String... words) {
    String said = new String(outcome.err(), StandardCharsets.UTF_8);
    assertThat(outcome.status()).as(all(outcome)).isEqualTo(Exit.INFRASTRUCTURE);
    assertThat(said).contains(words).doesNotContain("\tat ");
  }

  private static String all(Outcome outcome) {
    return outcome.text() + "\n" + new String(outcome.err(), StandardCharsets.UTF_8);
  }

  private void git(String... arguments) {
    Command.of("git").and(arguments).in(repository).check();
  }
}
