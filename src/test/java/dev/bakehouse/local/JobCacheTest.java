package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.JobRecords;
import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What jobs in VMs tell of their caches: in their logs, in the history, on the build's page. On a
/// host without volumes: caches are carried in and out.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class JobCacheTest {
  private static final String COMPILE =
      "echo \"int f(void) { return $NUMBER; }\" >f.c && CCACHE_DIR=$CACHE_PATH/ccache ccache gcc -c f.c";

  private String withVolumes = "";

  @BeforeEach
  void withoutVolumes(JobFixture fixture) throws IOException {
    withVolumes = Files.readString(fixture.hostConfig());
    String without = withVolumes.replace("cache: {", "cache: {\"volumes\":\"off\",");
    assertThat(without).isNotEqualTo(withVolumes);
    Files.writeString(fixture.hostConfig(), without);
  }

  @AfterEach
  void withVolumesAgain(JobFixture fixture) throws IOException {
    Files.writeString(fixture.hostConfig(), withVolumes);
  }

  @Test
  void figuresRequestsHistoryAndAnnotation(JobFixture fixture) throws Exception {
    String request = "mkdir -p $BAKEHOUSE_CACHE_REQUESTS && echo %s >$BAKEHOUSE_CACHE_REQUESTS/%s";
    Step first = cpp("cold-build-cpp", "1", COMPILE);
    Step skipped =
        cpp("skip-build-cpp", "2", COMPILE + " && " + request.formatted("skip", "ccache"));
    Map<String, Result> cold = fixture.run(List.of(first, skipped));

    assertThat(cold.get("cold-build-cpp").status()).isEqualTo("0");
    assertThat(cold.get("cold-build-cpp").log())
        .contains("Caches: ccache: 0 hits and 1 misses (0 %)")
        .contains("Saved ccache: ");
    assertThat(cold.get("skip-build-cpp").log())
        .contains("ccache is not saved: the step's upload target said so")
        .doesNotContain("Saved ccache: ");

    Step warm = cpp("cold-build-cpp", "1", "printenv BAKEHOUSE_CACHE_RESTORED && " + COMPILE);
    Result hit = fixture.run(List.of(warm)).get("cold-build-cpp");

    assertThat(hit.log())
        .contains("{\"ccache\":{\"kind\":\"ccache\",\"source\":\"")
        .contains("Caches: ccache: 1 hits and 0 misses (100 %)");
    String build = "/v2/organizations/bakehouse/pipelines/test/builds/";
    String notes = plain(annotations(fixture, build));
    assertThat(notes)
        .contains("bakehouse-caches")
        .contains("| cold-build-cpp | ccache | 0 % (0/1) | nothing |")
        .contains("| skip-build-cpp | ccache | 0 % (0/1) | nothing |")
        .contains("| cold-build-cpp | ccache | 100 % (1/1) | ccache from build ");
    String chart =
        Command.of(
                List.of(
                    java.nio.file.Path.of(System.getProperty("java.home"), "bin", "java")
                        .toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    "dev.bakehouse.cli.Main",
                    "cache",
                    "stats",
                    "--store",
                    "dir:" + fixture.dir().resolve("cache")))
            .check()
            .text();
    assertThat(chart)
        .contains("ccache of cold-build-cpp in ")
        .contains("#################### 100 %");
    assertThat(new JobRecords(HostSettings.read(fixture.hostConfig()).state()).ended().values())
        .filteredOn(job -> job.step().equals("cold-build-cpp"))
        .hasSize(2)
        .first()
        .satisfies(
            job -> {
              assertThat(job.outcome()).isEqualTo("passed");
              assertThat(job.vm()).isNotEmpty();
              assertThat(job.phases()).containsKeys("clone", "boot", "connect", "command");
              assertThat(job.caches())
                  .filteredOn(run -> run.kind().equals("ccache"))
                  .singleElement()
                  .satisfies(run -> assertThat(run.hits()).isEqualTo(1));
            });
  }

  private static Step cpp(String key, String number, String command) {
    return new Step(key, command, Map.of("BUN_CPP_ONLY", "ON", "NUMBER", number), Where.VM);
  }

  /// Those of all builds of the pipeline. Rows of tables as Markdown has them.
  private static String plain(String json) {
    return json.replace("\\n", "")
        .replaceAll(" align=\\\\\"[a-z]+\\\\\"", "")
        .replace("</td><td>", " | ")
        .replace("<td>", "| ")
        .replace("</td>", " |");
  }

  /// Those of all builds of the pipeline.
  private static String annotations(JobFixture fixture, String path) throws Exception {
    String token = Files.readString(fixture.coordinator().apiToken()).strip();
    StringBuilder all = new StringBuilder();
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (int number = 1; ; number++) {
        URI uri = URI.create(fixture.coordinator().address() + path + number + "/annotations");
        var answer =
            http.send(
                HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + token).build(),
                BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
          return all.toString();
        }
        all.append(answer.body());
      }
    }
  }
}
