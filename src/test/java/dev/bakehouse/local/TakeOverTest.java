package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.local.JobFixture.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Steps that declare their inputs, by the real agent: built in a VM, or taken from a passed build.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class TakeOverTest {
  private static final String BRANCH = "inputs";

  /// The nanosecond tells one run's product from another's.
  private static final String STEPS =
      """
      steps:
        - key: cpp
          command: mkdir -p out/deep; date +%N > out/made; cp src/in out/deep/
          artifact_paths: out/**/*
          agents: {queue: vm}
          env: {BAKEHOUSE_INPUTS: "src/**"}
        - key: link
          command: |
            buildkite-agent artifact download 'out/*' . --step cpp
            buildkite-agent artifact download 'out/deep/*' . --step cpp
            echo "linked $(cat out/deep/in) $(cat out/made)"
            exit $(cat links)
          depends_on: cpp
          agents: {queue: plain}
      """;

  private static final String RUNS = "Inputs: the step runs: ";

  private record Ended(Result cpp, String linked, boolean taken) {}

  private static Ended run(JobFixture fixture, Map<String, String> env) {
    Map<String, Result> results = fixture.runPipeline(BRANCH, env, STEPS);
    Result cpp = results.get("cpp");
    assertThat(cpp.status()).as(cpp.log()).isEqualTo("0");
    String linked =
        results
            .get("link")
            .log()
            .lines()
            .filter(line -> line.startsWith("linked "))
            .findFirst()
            .orElseThrow(() -> new AssertionError(results.get("link").log()));
    boolean ran = cpp.log().contains(" runs the job");
    assertThat(cpp.log().contains("bakehouse: nothing ran")).isNotEqualTo(ran);
    return new Ended(cpp, linked.strip(), !ran);
  }

  @Test
  void aStepWithTheInputsOfAPassedBuildTakesItsArtifacts(JobFixture fixture) throws IOException {
    fixture.commit(BRANCH, "src/in", "one");
    fixture.commit(BRANCH, "links", "1");
    Ended failed = run(fixture, Map.of());
    assertThat(failed.cpp().log()).contains(RUNS + "no passed build had the same");

    fixture.commit(BRANCH, "links", "0");
    Ended built = run(fixture, Map.of());
    assertThat(built.taken()).as(built.cpp().log()).isFalse();
    assertThat(built.cpp().log()).contains("it is not passed but failed");

    fixture.commit(BRANCH, "README.md", "outside of the inputs");
    Ended taken = run(fixture, Map.of());
    assertThat(taken.taken()).as(taken.cpp().log()).isTrue();
    assertThat(taken.linked()).isEqualTo(built.linked()).startsWith("linked one ");
    String first = "job " + built.cpp().job().id();
    assertThat(taken.cpp().log()).containsPattern("the inputs are those of build .*" + first);
    Ended again = run(fixture, Map.of());
    assertThat(again.linked()).isEqualTo(built.linked());
    assertThat(again.cpp().log())
        .containsPattern("job " + taken.cpp().job().id() + ".*first made by build .*" + first);

    Ended forced = run(fixture, Map.of("BAKEHOUSE_FORCE_BUILDS", "true"));
    assertThat(forced.taken()).as(forced.cpp().log()).isFalse();
    assertThat(forced.linked()).isNotEqualTo(built.linked());

    spoil(fixture.dir().resolve("coordinator"), "one");
    Ended spoiled = run(fixture, Map.of());
    assertThat(spoiled.taken()).as(spoiled.cpp().log()).isFalse();
    assertThat(spoiled.cpp().log())
        .contains("is not what was uploaded", RUNS + "none of the builds that had the same");
    assertThat(spoiled.linked()).startsWith("linked one ");
  }

  @Test
  void whatAForkBuiltNobodyTakes(JobFixture fixture) {
    fixture.commit(BRANCH, "src/in", "two");
    fixture.commit(BRANCH, "links", "00");
    Map<String, String> fork =
        Map.of(
            "BUILDKITE_PULL_REQUEST", "7",
            "BUILDKITE_PULL_REQUEST_REPO", "https://example.org/fork.git");
    Ended theirs = run(fixture, fork);
    assertThat(theirs.taken()).isFalse();
    Ended ours = run(fixture, Map.of());
    assertThat(ours.cpp().log()).contains(RUNS + "no passed build had the same");
    Ended changed = run(fixture, Map.of());
    assertThat(changed.taken()).as(changed.cpp().log()).isTrue();
  }

  /// As a disk might: other bytes, just as many.
  private static void spoil(Path coordinator, String content) throws IOException {
    try (Stream<Path> all = Files.walk(coordinator)) {
      List<Path> files =
          all.filter(Files::isRegularFile).filter(file -> holds(file, content)).toList();
      assertThat(files).isNotEmpty();
      for (Path file : files) {
        Files.writeString(file, "bad");
      }
    }
  }

  private static boolean holds(Path file, String content) {
    try {
      return Files.size(file) == content.length() && Files.readString(file).equals(content);
    } catch (IOException e) {
      return false;
    }
  }
}
