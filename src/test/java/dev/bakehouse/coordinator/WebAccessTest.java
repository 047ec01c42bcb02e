package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.buildkite.BuildInfo;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// What the web page's parts are served with, and what a session of it may do.
class WebAccessTest extends RestBench {
  private String session() throws Exception {
    HandClient.Answer code = raw.call("POST", "/v2/web/code", token, "");
    return session("{\"code\":\"" + code.json().path("code").asString() + "\"}");
  }

  private String session(String login) throws Exception {
    HandClient.Answer answer = raw.call("POST", "/v2/web/session", "", login);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().path("organization").asString()).isEqualTo("bakehouse");
    return answer.json().path("token").asString();
  }

  @Test
  void aSessionReadsWhatThePageShowsAndNothingElse() throws Exception {
    BuildInfo build = create("main", "c");
    String session = session();
    String one = ORG + "/pipelines/p/builds/1";
    for (String path : new String[] {"", "/steps", "/annotations", "/artifacts", "/jobs"}) {
      assertThat(answer(raw, one + path, session).status()).as(path).isEqualTo(200);
    }
    String job = one + "/jobs/" + job(build, "a").id();
    assertThat(answer(raw, job + "/log/part", session).status()).isEqualTo(200);
    for (String path : new String[] {"/env", "/env.txt"}) {
      assertThat(answer(raw, job + path, session).status()).as(path).isEqualTo(403);
    }
    for (String path : new String[] {one + "/cancel", one + "/rebuild", job + "/cancel"}) {
      assertThat(raw.call("PUT", path, session, "").status()).as(path).isEqualTo(403);
    }
    assertThat(raw.call("POST", "/v2/web/code", session, "").status()).isEqualTo(403);
    assertThat(raw.call("DELETE", "/v2/access-token", session, "").status()).isEqualTo(403);
    assertThat(client.build("p", 1).state()).isEqualTo("scheduled");

    assertThat(raw.call("DELETE", "/v2/web/session", session, "").status()).isEqualTo(204);
    assertThat(answer(raw, one, session).status()).isEqualTo(401);
  }

  @Test
  void aSessionMayNotMoreThanItsTokenAndEndsWithIt() throws Exception {
    BuildInfo build = create("main", "c");
    ApiTokens tokens = new ApiTokens(dir.resolve("state"));
    String narrow = tokens.create("narrow", EnumSet.of(ApiScope.READ_BUILDS));
    String session = session("{\"token\":\"" + narrow + "\"}");
    String one = ORG + "/pipelines/p/builds/1";
    assertThat(answer(raw, one, session).status()).isEqualTo(200);
    String log = one + "/jobs/" + job(build, "a").id() + "/log/part";
    assertThat(answer(raw, log, session).status()).isEqualTo(403);
    tokens.remove("narrow");
    assertThat(answer(raw, one, session).status()).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"token\":\"guess\"}; No such API token",
        "{\"token\":\"\"}; No such API token",
        "{}; No such API token",
        "{\"code\":\"web_x\"}; The link was used already",
        "{\"code\":1; not JSON"
      })
  void whoShowsNothingGoodIsRefused(String login, String part) throws Exception {
    HandClient.Answer answer = raw.call("POST", "/v2/web/session", "", login);
    assertThat(answer.status()).isBetween(400, 401);
    assertThat(answer.json().path("message").asString()).contains(part);
    assertThat(raw.call("POST", "/v2/web/code", "guess", "").status()).isEqualTo(401);
  }

  @Test
  void thePageRunsNoScriptsButItsOwn() throws Exception {
    HttpHeaders page = raw.call("GET", "/", "", "").raw().headers();
    assertThat(page.firstValue("Content-Type")).contains("text/html; charset=utf-8");
    assertThat(page.firstValue("X-Content-Type-Options")).contains("nosniff");
    assertThat(page.firstValue("Content-Security-Policy").orElse(""))
        .contains("default-src 'none'", "script-src 'self';", "frame-ancestors 'none'");
    String html = new String(raw.call("GET", "/", "", "").raw().body(), StandardCharsets.UTF_8);
    assertThat(html).doesNotContain("<script>", "style=", "onclick");
    for (String name : Set.of("app.js", "log.js", "style.css", "icon.svg")) {
      assertThat(raw.call("GET", "/web/" + name, "", "").status()).as(name).isEqualTo(200);
    }
    assertThat(raw.call("GET", "/web/..%2fapp.js", "", "").status()).isEqualTo(404);
  }

  @Test
  void aPartOfALogSaysWhereItStands() throws Exception {
    HandClient one = agent("one");
    BuildInfo build = create("main", "c");
    JsonNode job = one.begin();
    one.chunk(job, 1, 0, "0123456789");
    one.chunk(job, 3, 15, "later");
    String path = ORG + "/pipelines/p/builds/1/jobs/" + job(build, "a").id() + "/log/part";
    assertThat(part(path)).isEqualTo("0-10 false 0123456789");
    assertThat(part(path + "?from=7")).isEqualTo("7-10 false 789");
    assertThat(part(path + "?from=10")).as("a hole").isEqualTo("10-10 false ");
    assertThat(part(path + "?from=2&tail=14")).isEqualTo("6-10 false 6789");
    assertThat(part(path + "?from=99")).isEqualTo("99-99 false ");
    one.chunk(job, 2, 10, "abcde");
    one.finish(job, "0");
    assertThat(part(path + "?tail=6")).isEqualTo("14-20 true elater");
    assertThat(part(path + "?from=20")).isEqualTo("20-20 true ");
    for (String bad : new String[] {"from=-1", "from=x", "tail=1e9", "from=9999999999999999999"}) {
      assertThat(get(path + "?" + bad).status()).as(bad).isEqualTo(400);
    }
  }

  private String part(String path) throws Exception {
    HandClient.Answer answer = get(path);
    HttpHeaders headers = answer.raw().headers();
    return headers.firstValue("Bakehouse-From").orElse("")
        + "-"
        + headers.firstValue("Bakehouse-Next").orElse("")
        + " "
        + headers.firstValue("Bakehouse-Ended").orElse("")
        + " "
        + new String(answer.raw().body(), StandardCharsets.UTF_8);
  }

  @Test
  void stepsTellWhatTheyWaitFor() throws Exception {
    client.definePipeline(
        "s",
        "repo",
        "main",
        """
        steps:
          - {key: a, command: x}
          - {key: off, command: x, if: "false"}
          - wait
          - {key: b, command: x}
          - {block: Go, key: g}
          - group: both
            key: both
            steps: [{key: c, command: x}, {key: d, command: x, depends_on: c}]
          - {key: e, command: x, depends_on: [both, off]}
          - {key: f, command: x, depends_on: ~}
        """);
    client.create("s", "c", "main", "", Map.of());
    JsonNode steps = get(ORG + "/pipelines/s/builds/1/steps").json();
    Map<String, String> names = new HashMap<>();
    steps.forEach(
        s -> names.put(s.path("id").asString(), s.path("key").asString(s.path("type").asString())));
    Map<String, String> needs = new LinkedHashMap<>();
    steps.forEach(
        s ->
            needs.put(
                String.valueOf(names.get(s.path("id").asString())),
                s.path("needs").valueStream().map(n -> names.get(n.asString())).toList()
                    + " "
                    + names.get(s.path("group").asString(""))
                    + " "
                    + s.path("jobs").size()));
    assertThat(needs)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "a", "[] null 1",
                "wait", "[a] null 0",
                "b", "[wait] null 1",
                "g", "[wait, b] null 1",
                "both", "[g] null 0",
                "c", "[] both 1",
                "d", "[c] both 1",
                "e", "[both] null 1",
                "f", "[] null 1"));
  }

  @Test
  void annotationsAreMarkdown() throws Exception {
    HandClient one = agent("one");
    create("main", "c");
    JsonNode job = one.begin();
    one.call(
        "POST",
        HandClient.path(job) + "/annotations",
        HandClient.token(job),
        "{\"context\":\"c\",\"body\":\"**b** <i>h</i>\\n\\n| a |\\n|---|\\n| 1 |\"}");
    assertThat(client.annotations("p", 1).getFirst().bodyHtml())
        .contains("<strong>b</strong> <i>h</i>", "<td>1</td>");
  }

  private static int note(HandClient one, JsonNode job, String context, String body, boolean append)
      throws Exception {
    String note = Json.text(Map.of("context", context, "body", body, "append", append));
    return one.call("POST", HandClient.path(job) + "/annotations", HandClient.token(job), note)
        .status();
  }

  @Test
  void annotationsAreBoundedHoweverTheyCome() throws Exception {
    HandClient one = agent("one");
    create("main", "c");
    JsonNode job = one.begin();
    String half = "x".repeat(600_000);
    assertThat(note(one, job, "c", half, true)).isEqualTo(200);
    assertThat(note(one, job, "c", half, true)).isEqualTo(413);
    assertThat(note(one, job, "c", half, false)).as("in the place of the first").isEqualTo(200);
    String whole = "y".repeat(1 << 20);
    for (int i = 0; i < 7; i++) {
      assertThat(note(one, job, "d" + i, whole, false)).isEqualTo(200);
    }
    assertThat(note(one, job, "e", whole, false)).isEqualTo(413);
    String ofJob = Json.text(Map.of("context", "f", "body", whole, "scope", "job"));
    String path = HandClient.path(job) + "/annotations";
    assertThat(one.call("POST", path, HandClient.token(job), ofJob).status())
        .as("what is a job's counts for its build")
        .isEqualTo(413);
    assertThat(get(ORG + "/pipelines/p/builds/1/annotations").json()).hasSize(8);
  }

  @ParameterizedTest
  @CsvSource({">, 20000", "'- ', 20000", "[, 50000", "*a , 20000"})
  void aDeepAnnotationHarmsNobody(String piece, int times) throws Exception {
    HandClient one = agent("one");
    create("main", "c");
    JsonNode job = one.begin();
    assertThat(note(one, job, "deep", piece.repeat(times) + " end", false)).isEqualTo(200);
    note(one, job, "other", "fine <LINK rel=preconnect> <meta x> </base>", false);
    HandClient.Answer all = get(ORG + "/pipelines/p/builds/1/annotations");
    assertThat(all.status()).isEqualTo(200);
    assertThat(all.json().get(0).path("body_html").asString()).contains("end");
    assertThat(all.json().get(1).path("body_html").asString())
        .contains("fine &lt;LINK", "&lt;meta", "&lt;/base");
  }

  /// Each took minutes or all memory.
  @Test
  void whatGrowsWithItsSquareIsShownAsWritten() throws Exception {
    HandClient one = agent("one");
    create("main", "c");
    JsonNode job = one.begin();
    String table = "|a".repeat(2000) + "|\n" + "|-".repeat(2000) + "|\n" + "|a|\n".repeat(2000);
    note(one, job, "1", table, false);
    note(one, job, "2", table.replace('\n', '\r'), false);
    note(one, job, "3", "<a ".repeat(340_000), false);
    note(one, job, "4", "x\n".repeat(140_000), false);
    note(one, job, "a", "[\\\n".repeat(80_000), false);
    note(one, job, "b", "![[]()".repeat(40_000), false);
    note(one, job, "c", "\n]".repeat(100_000), false);
    note(one, job, "d", "<?".repeat(4900) + "a".repeat(200_000), false);
    note(one, job, "e", "[a](b) ".repeat(2000), false);
    note(one, job, "5", "|a|b|\n|-|-|\n" + "|1|2|\n".repeat(2000), false);
    JsonNode all = get(ORG + "/pipelines/p/builds/1/annotations").json();
    assertThat(all)
        .extracting(note -> note.path("body_html").asString().substring(0, 5))
        .containsExactly(
            "<pre>", "<pre>", "<pre>", "<pre>", "<tabl", "<pre>", "<pre>", "<pre>", "<pre>",
            "<p><a");
  }

  @Test
  void onlyATriggerIsToldAsOne() throws Exception {
    create("main", "c");
    String env =
        ", \"env\": {\"BUILDKITE_TRIGGERED_FROM_BUILD_ID\": \"x\", \"BUILDKITE_TRIGGERED_FROM_BUILD_NUMBER\": \"12\"}";
    HandClient.Answer made =
        raw.call(
            "POST",
            ORG + "/pipelines/p/builds",
            token,
            "{\"commit\": \"HEAD\", \"branch\": \"main\", \"message\": \"m\"" + env + "}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.json().path("source").asString()).isEqualTo("api");
    assertThat(made.json().path("triggered_from").isNull()).isTrue();
    for (String slug : List.of("50%", "a/b", "..", "-x", "")) {
      String pipeline =
          "{\"name\": \"n\", \"slug\": \"%s\", \"repository\": \"r\", \"configuration\": \"steps: [wait]\"}";
      assertThat(raw.call("POST", ORG + "/pipelines", token, pipeline.formatted(slug)).status())
          .as(slug)
          .isEqualTo(422);
    }
  }

  @Test
  void whatAJobLeftIsNoPageOfOurs() throws Exception {
    HandClient one = agent("one");
    create("main", "c");
    JsonNode job = one.begin();
    String artifact = leave(one, job);
    String url = ORG + "/pipelines/p/builds/1/artifacts/" + artifact + "/download?redirect=false";
    HandClient.Answer link = get(url);
    assertThat(link.status()).isEqualTo(200);
    HandClient.Answer file = raw.call("GET", link.json().path("url").asString(), "", "");
    assertThat(new String(file.raw().body(), StandardCharsets.UTF_8)).isEqualTo("<b>");
    assertThat(file.raw().headers().firstValue("Content-Disposition"))
        .contains("attachment; filename*=UTF-8''a%20%26.html");
    assertThat(file.raw().headers().firstValue("Content-Security-Policy").orElse(""))
        .contains("sandbox");

    Tokens tokens = new Tokens(dir.resolve("state/tokens"));
    for (String old : new String[] {artifact, artifact + "." + (Core.now() - 1)}) {
      String path = "/artifacts/" + tokens.sign(Tokens.DOWNLOAD, old);
      HandClient.Answer late = raw.call("GET", path, "", "");
      assertThat(late.status()).as(old).isEqualTo(401);
      assertThat(late.json().path("message").asString()).contains("too old");
    }
  }

  /// @return the artifact's id
  private static String leave(HandClient one, JsonNode job) throws Exception {
    String announced =
        """
        {"id":"b","artifacts":[{"path":"d/a &.html","file_size":3,"content_type":"text/html"}],
         "upload_destination":"","multipart_supported":true}
        """;
    String artifacts = HandClient.path(job) + "/artifacts";
    JsonNode given = one.call("POST", artifacts, HandClient.token(job), announced).json();
    String id = given.path("artifact_ids").path(0).asString();
    JsonNode action = given.path("per_artifact_instructions").path(id).path("actions").path(0);
    one.call("PUT", action.path("url").asString(), "", "<b>");
    String done = "{\"artifacts\":[{\"id\":\"" + id + "\",\"state\":\"finished\"}]}";
    one.call("PUT", artifacts, HandClient.token(job), done);
    return id;
  }
}
