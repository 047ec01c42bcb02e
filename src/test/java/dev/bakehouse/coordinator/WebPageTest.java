package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.platform.Poll;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;

/// The web page in Chromium, of builds that real agents run.
@Tag("agent")
class WebPageTest {
  /// Does something wherever it counts as HTML.
  private static final String HOSTILE =
      "<img src=x onerror=\\\"parent.document.title='run'\\\"><script>parent.document.title='run'</script>";

  @TempDir Path dir;
  private Bench bench;
  private Browser browser;
  private Path downloads;

  @BeforeEach
  void start() throws Exception {
    bench = new Bench(dir);
    downloads = Files.createDirectory(dir.resolve("downloads"));
    browser = new Browser(downloads);
  }

  @AfterEach
  void stop() {
    browser.close();
    bench.close();
  }

  private RestClient client() {
    URI address = URI.create(bench.coordinator.address() + "/v2");
    return RestClient.of(address, "bakehouse", bench.coordinator.apiToken());
  }

  private String link() {
    return bench.coordinator.address() + "/#login=" + client().webCode().code();
  }

  private void login() {
    browser.open(link());
    browser.await("h1", "Builds");
  }

  @Test
  void aBuildIsWatchedFromItsListToItsLog() throws Exception {
    bench.agent("one");
    Path go = dir.resolve("go");
    String script =
        """
        printf '~~~ Preparing\\nquiet\\n--- Compiling\\n\\033[31mred\\033[0m plain\\n+++ Result\\n'
        printf '10%%%%\\r50%%%%\\r100%%%%\\n'
        echo "%1$s"
        until [ -e %2$s ]; do sleep 0.1; done
        echo '<b>end</b>' > 'page & more.html'
        echo the last line
        """
            .formatted(HOSTILE, go);
    Path file = Files.writeString(bench.repository.resolve("work.sh"), script);
    String build =
        bench.start(
            """
            steps:
              - {key: first, label: "%1$s", command: "sh %2$s", artifact_paths: "*.html"}
              - wait
              - group: pair
                key: pair
                steps: [{key: a, command: "true"}, {key: b, command: "exit 3", soft_fail: true}]
              - {key: noted, depends_on: pair, command: "printf '# Told\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\n\\n%1$s' | buildkite-agent annotate --style warning"}
            """
                .formatted(HOSTILE.replace("\\\"", "'").replace("='run'", "=1"), file));
    login();
    browser.await("table.builds", "test #1");
    browser.await(".badge", "running");
    browser.click("table.builds a");
    browser.await("svg", "wait");
    assertThat(browser.texts("svg .step")).hasSize(5);
    assertThat(browser.driver.findElements(By.cssSelector("svg path"))).hasSize(5);
    browser.await(".jobs", "<img src=x");

    browser.click(".jobs a");
    browser.await(".log summary", "Compiling");
    assertThat(browser.texts(".log"))
        .as("groups of --- are shut")
        .noneMatch(t -> t.contains("red"));
    browser.click(".log summary", "Compiling");
    browser.await(".log", "red plain");
    assertThat(browser.texts(".log .fg31")).containsExactly("red");
    browser.await(".log", "100%");
    assertThat(browser.texts(".log")).noneMatch(text -> text.contains("50%"));
    assertThat(browser.texts(".log summary"))
        .containsSubsequence("Preparing", "Compiling", "Result");
    assertThat(browser.find(".log .muted").getDomAttribute("open")).isNull();
    browser.await(".log", "<script>");
    assertThat(browser.texts(".log")).noneMatch(text -> text.contains("the last line"));
    Files.createFile(go);
    browser.await(".log", "the last line");
    browser.await("h1 .badge", "passed");
    browser.await(".facts", "Exit status 0");

    browser.click(".artifacts a");
    Path saved = downloads.resolve("page & more.html");
    assertThat(Poll.until("the download", Duration.ofSeconds(30), () -> text(saved)))
        .isEqualTo("<b>end</b>\n");

    assertThat(bench.await(build).state())
        .as(bench.logs(bench.coordinator.build(build)))
        .isEqualTo("passed");
    browser.click("h1 small a");
    browser.await("h1 .badge", "passed");
    assertThat(browser.texts(".jobs .badge"))
        .containsExactlyInAnyOrder("passed", "passed", "soft failed", "passed");
    browser.driver.switchTo().frame(browser.find(".notes iframe"));
    browser.await("table", "1 2");
    assertThat(browser.texts("h1")).containsExactly("Told");
    browser.driver.switchTo().defaultContent();
    assertThat(browser.driver.getTitle()).isEqualTo("test #1 passed");
    assertThat(browser.driver.findElements(By.cssSelector("main img, main script"))).isEmpty();
  }

  private static Optional<String> text(Path file) {
    try {
      String text = Files.readString(file);
      return text.isEmpty() ? Optional.empty() : Optional.of(text);
    } catch (java.io.IOException e) {
      return Optional.empty();
    }
  }

  @Test
  void whyAJobWaitsAndWhoIsThere() throws Exception {
    bench.agent("one", "queue=linux");
    String build =
        bench.start(
            """
            steps:
              - {key: asks, block: "Deploy?"}
              - {key: behind, command: "true", agents: {queue: linux}}
              - {key: nowhere, command: "true", depends_on: ~, agents: {queue: mars}}
            """);
    login();
    browser.await("table.builds", "test #1");
    List<JobView> jobs = bench.coordinator.build(build).jobs();
    browser.open(bench.coordinator.address() + "/#/test/builds/1/" + job(jobs, "behind"));
    browser.await("main", "Deploy? is blocked");
    browser.open(bench.coordinator.address() + "/#/test/builds/1/" + job(jobs, "nowhere"));
    browser.await("main", "No free agent has queue=mars");
    browser.open(bench.coordinator.address() + "/#/test/builds/1/" + job(jobs, "asks"));
    browser.await("main", "bakehouse build unblock 'test#1'");
    browser.click("nav a:last-child");
    browser.await("tbody", "one");
    browser.await("tbody", "queue=linux");
    browser.await("tbody", "idle");
  }

  @Test
  void nothingAJobTellsHidesItsLog() throws Exception {
    bench.agent("one");
    String build =
        bench.start(
            """
            steps:
              - key: odd
                command: |
                  buildkite-agent meta-data set "bakehouse:job:$BUILDKITE_JOB_ID" '{"phases":{"command":1},"caches":[null]}'
                  printf '\\033[31mred\\033[0m\\rplain\\n'
                  seq 1 25000
            """);
    BuildView ended = bench.await(build);
    assertThat(ended.state()).as(bench.logs(ended)).isEqualTo("passed");
    login();
    String id = job(ended.jobs(), "odd");
    browser.open(bench.coordinator.address() + "/#/test/builds/1/" + id);
    browser.await("h1 .badge", "passed");
    browser.await(".log", "25000");
    browser.await(".log .cut", "left out");
    browser.await(".phases", "command");
    assertThat(browser.driver.findElements(By.cssSelector(".log .line")).size()).isLessThan(20_001);
    assertThat(browser.driver.findElements(By.cssSelector(".log .fg31"))).isEmpty();
  }

  private static String job(List<JobView> jobs, String key) {
    return jobs.stream().filter(j -> key.equals(j.key())).findFirst().orElseThrow().id();
  }

  @Test
  void aTriggerAndTheBuildItMadeKnowEachOther() {
    bench.coordinator.definePipeline(
        "good", bench.repository.toString(), "main", "steps: [{block: Sure?}]");
    String build = bench.start("steps: [{trigger: good, key: makes, async: true}]");
    login();
    browser.await("table.builds", "test #1");
    String makes = job(bench.coordinator.build(build).jobs(), "makes");
    browser.open(bench.coordinator.address() + "/#/test/builds/1/" + makes);
    browser.click(".facts a", "Made good #1");
    browser.await("h1", "good #1");
    browser.click(".facts a", "test #1");
    browser.await("h1", "test #1");
  }

  @Test
  void onlyWhoMayLogsIn() throws Exception {
    bench.start("steps: [{command: x}]");
    browser.open(bench.coordinator.address() + "/");
    browser.find("#token").sendKeys("guessed\n");
    browser.await("#trouble", "No such API token");
    assertThat(browser.texts("table")).isEmpty();
    browser.find("#token").clear();
    browser.find("#token").sendKeys(Files.readString(bench.coordinator.apiToken()).strip() + "\n");
    browser.await("table.builds", "test #1");
    assertThat(browser.path()).isEqualTo("/");

    browser.click("#leave");
    browser.await("h1", "Log in");
    String link = link();
    browser.open(link);
    browser.await("table.builds", "test #1");
    browser.click("#leave");
    browser.await("h1", "Log in");
    browser.open("about:blank");
    browser.open(link);
    browser.await("#trouble", "The link was used already");
    browser.await("h1", "Log in");
  }

  @Test
  void aCoordinatorThatIsGoneIsToldAndFoundAgain() {
    bench.start("steps: [{command: x}]");
    login();
    browser.await("table.builds", "test #1");
    int port = bench.coordinator.address().getPort();
    bench.coordinator.close();
    browser.await("#trouble", "The coordinator does not answer");
    browser.await("table.builds", "test #1");
    try (Coordinator again = Coordinator.start(Config.of(port, dir.resolve("state")))) {
      // Sessions end with the process.
      browser.await("h1", "Log in");
      assertThat(again.address().getPort()).isEqualTo(port);
    }
  }

  @Test
  void manyStepsAreDrawnByTheirGroups() {
    String steps =
        Stream.iterate(0, i -> i < 40, i -> i + 1)
            .map(
                i ->
                    "{group: g%1$d, key: g%1$d, depends_on: %2$s, steps: ["
                            .formatted(i, i == 0 ? "~" : "g" + (i - 1))
                        + "{command: a}, {command: b}, {command: c}, {command: d}, {command: e}]}")
            .collect(java.util.stream.Collectors.joining(", "));
    bench.start("steps: [" + steps + "]");
    login();
    browser.open(bench.coordinator.address() + "/#/test/builds/1");
    browser.await("h2", "Jobs (200)");
    assertThat(browser.texts("svg .step")).hasSize(40).contains("g7 0/5");
    assertThat(browser.driver.findElements(By.cssSelector("svg path"))).hasSize(39);
  }
}
