package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.ArtifactInfo;
import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.RestClient;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What jobs of a real agent give each other, and what the REST client sees of it.
@Tag("agent")
class JobDataTest {
  @TempDir Path dir;

  private static final String PIPELINE =
      """
      steps:
        - key: make
          artifact_paths: "out/**/*"
          command: |
            mkdir -p out/deep && printf hello > out/deep/a.txt && : > out/empty
            head -c 3000000 /dev/urandom > out/big.bin && sha256sum out/big.bin
            buildkite-agent meta-data set colour "blue & green"
            buildkite-agent annotate --style info --context c.d/e "one "
            buildkite-agent annotate --append --context c.d/e "two"
            buildkite-agent annotate --context gone "x"
            buildkite-agent annotation remove --context gone
        - wait
        - key: use
          command: |
            buildkite-agent artifact download --step make "out/**" .
            cat out/deep/a.txt; echo; test -f out/empty && sha256sum out/big.bin
            echo "shasum $$(buildkite-agent artifact shasum out/deep/a.txt)"
            buildkite-agent artifact download "nothing/*" . || echo none
            echo "colour $$(buildkite-agent meta-data get colour)"
            buildkite-agent meta-data exists absent || echo "exists $$?"
            echo "default $$(buildkite-agent meta-data get absent --default d)"
            buildkite-agent meta-data keys
            echo "step $$(buildkite-agent step get outcome --step make)"
            buildkite-agent step update label "renamed"
      """
          .replace("$$", "$");

  @Test
  void artifactsMetaDataAnnotationsAndSteps() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      BuildView build = bench.run(PIPELINE);
      String log = bench.log(Bench.last(build, "use"));
      assertThat(build.state()).as(bench.logs(build)).isEqualTo("passed");
      String sum =
          bench
              .log(Bench.last(build, "make"))
              .lines()
              .filter(l -> l.matches("[0-9a-f]{64}  out/big.bin.*"))
              .findFirst()
              .orElseThrow();
      assertThat(log)
          .contains("hello", sum.strip(), "shasum aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")
          .contains("none", "colour blue & green", "exists 100", "default d", "step passed");
      assertThat(build.metaData()).containsEntry("colour", "blue & green");
      assertThat(Bench.last(build, "use").label()).isEqualTo("renamed");

      RestClient rest =
          RestClient.of(
              URI.create(bench.coordinator.address() + "/v2"),
              "bakehouse",
              bench.coordinator.apiToken());
      BuildInfo info = rest.builds("test", new BuildQuery("main", "passed", null, 5)).getFirst();
      assertThat(info.number()).isEqualTo(1);
      assertThat(info.jobs()).extracting(JobInfo::stepKey).containsExactly("make", "use");
      assertThat(rest.builds("test", new BuildQuery("main", "failed", null, 5))).isEmpty();
      ArtifactInfo artifact =
          rest.artifacts("test", 1).stream()
              .filter(a -> a.path().equals("out/deep/a.txt"))
              .findFirst()
              .orElseThrow();
      rest.download(artifact, dir.resolve("got"));
      assertThat(dir.resolve("got")).hasContent("hello");
      assertThat(new String(rest.log("test", 1, build.jobs().getLast().id()))).contains("colour");
      assertThat(rest.agents()).extracting(a -> a.name()).containsExactly("one");
      assertThat(Files.getPosixFilePermissions(bench.coordinator.apiToken())).hasSize(2);
    }
  }
}
