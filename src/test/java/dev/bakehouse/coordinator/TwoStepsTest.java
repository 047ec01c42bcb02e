package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The shortest whole way: a real agent runs a pipeline.
@Tag("agent")
class TwoStepsTest {
  @TempDir Path dir;

  @Test
  void twoStepsRunInOrderAndTheirLogIsStreamed() throws Exception {
    try (Bench bench = new Bench(dir)) {
      bench.agent("one");
      String id =
          bench.start(
              """
              env: {GREETING: 24.10}
              steps:
                - {key: first, command: "echo greeting=$GREETING outer=$OUTER"}
                - wait
                - {key: second, label: ":rocket: two", command: [echo a, "exit 7"]}
              """);
      List<String> told = new ArrayList<>();
      StringBuilder log = new StringBuilder();
      BuildView build =
          bench.coordinator.follow(
              id,
              event -> {
                switch (event) {
                  case BuildEvent.JobChanged changed ->
                      told.add(changed.job().key() + " " + changed.job().state().wire());
                  case BuildEvent.BuildChanged changed -> told.add(changed.build().state());
                  case BuildEvent.Log part -> log.append(new String(part.bytes()));
                }
              });
      assertThat(bench.log(Bench.last(build, "first"))).contains("greeting=24.10 outer=of build");
      assertThat(log).contains("greeting=24.10");
      assertThat(build.state()).isEqualTo("failed");
      assertThat(Bench.last(build, "first").state()).isEqualTo(JobState.PASSED);
      assertThat(Bench.last(build, "second").exitStatus()).isEqualTo("7");
      assertThat(Bench.last(build, "second").agent()).isEqualTo("one");
      assertThat(told)
          .containsSubsequence("first running", "first passed", "second running", "second failed")
          .endsWith("failed");
    }
  }
}
