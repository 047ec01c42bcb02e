package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.bakehouse.Mutations;
import dev.bakehouse.coordinator.HandClient.Answer;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Glob;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Whatever bytes come to a running coordinator, it answers clearly or closes, works on, and what
/// comes with the token of one job changes nothing of another's.
///
/// Runs with its seeds and mutations of them; `JAZZER_FUZZ=1` looks for more, see CONTRIBUTING.md.
class CoordinatorFuzzTest {
  private static final int MUTATIONS = 4_000;

  @TempDir static Path dir;
  private static Coordinator coordinator;
  private static HandClient own;
  private static JsonNode job;
  private static String otherBuild;
  private static JsonNode other;
  private static String upload;

  @BeforeAll
  static void start() throws Exception {
    coordinator = Coordinator.start(Config.of(0, dir.resolve("state")));
    build("own");
    own = HandClient.connected(coordinator, "own", "[]");
    job = own.begin();
    otherBuild = build("other");
    other = HandClient.connected(coordinator, "other", "[]").begin();
    String announced =
        "{\"id\":\"b\",\"artifacts\":[{\"path\":\"a\",\"file_size\":1}],\"multipart_supported\":true}";
    Answer answer =
        own.call("POST", HandClient.path(job) + "/artifacts", HandClient.token(job), announced);
    String id = answer.json().path("artifact_ids").path(0).asString();
    upload =
        answer
            .json()
            .at("/per_artifact_instructions/" + id + "/actions/0/url")
            .asString()
            .replaceFirst("http://[^/]*", "");
  }

  private static String build(String pipeline) {
    return coordinator.create(
        new BuildRequest(pipeline, "repo", "HEAD", "main", "", Map.of()),
        Pipeline.parse("p", "steps: [{key: a, command: x}]"));
  }

  @AfterAll
  static void stop() {
    coordinator.close();
  }

  @MethodSource("requestSeeds")
  @FuzzTest(maxDuration = "2m")
  void requests(byte[] bytes) throws Exception {
    String answer = RawHttp.send(coordinator.address().getPort(), bytes);
    int status = RawHttp.status(answer);
    assertThat(status).as(answer).isLessThan(500);
    boolean head = new String(bytes, StandardCharsets.ISO_8859_1).startsWith("HEAD ");
    if (status >= 400 && !head && answer.toLowerCase().contains("content-type: application/json")) {
      assertThat(answer).contains("{\"message\":\"");
    }
  }

  @MethodSource("pingSeeds")
  @FuzzTest(maxDuration = "1m")
  void pingRequests(byte[] bytes) {
    try {
      assertThat(PingFrames.agent(bytes).length()).isLessThanOrEqualTo(bytes.length);
    } catch (HttpError e) {
      assertThat(e.status()).isEqualTo(400);
    }
  }

  @MethodSource("globSeeds")
  @FuzzTest(maxDuration = "1m")
  void globs(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    int middle = text.length() / 2;
    try {
      List<Glob> patterns = Glob.patterns(text.substring(0, middle));
      String path = text.substring(middle);
      Glob.matches(patterns, path);
      assertThat(Glob.matches(Glob.patterns("**"), path)).isTrue();
    } catch (HttpError e) {
      assertThat(e.status()).isEqualTo(400);
    }
  }

  @Test
  void mutationsOfSeedsDoNoHarm() throws Exception {
    mutate(pingSeeds(), this::pingRequests);
    mutate(globSeeds(), this::globs);
    mutate(requestSeeds(), this::requests);
    BuildView untouched = coordinator.build(otherBuild);
    assertThat(untouched.state()).isEqualTo("running");
    assertThat(untouched.metaData()).isEmpty();
    assertThat(untouched.jobs()).hasSize(1);
    assertThat(coordinator.log(untouched.jobs().getFirst().id())).isEmpty();
    assertThat(own.call("GET", HandClient.path(job), HandClient.token(job), "").status())
        .isEqualTo(200);
  }

  private interface Target {
    void run(byte[] bytes) throws Exception;
  }

  private static void mutate(Stream<byte[]> seeds, Target target) throws Exception {
    List<byte[]> all = seeds.toList();
    for (byte[] seed : all) {
      target.run(seed);
    }
    Random random = new Random(6);
    for (int i = 0; i < MUTATIONS; i++) {
      target.run(Mutations.of(all.get(random.nextInt(all.size())), random));
    }
  }

  static Stream<byte[]> requestSeeds() {
    String mine = HandClient.path(job);
    String theirs = HandClient.path(other);
    String search = "/v3/builds/" + job.at("/env/BUILDKITE_BUILD_ID").asString();
    return Stream.of(
        json("POST", mine + "/data/set", "{\"key\":\"k\",\"value\":\"v\"}"),
        json("POST", mine + "/data/set-batch", "{\"items\":[{\"key\":\"k\",\"value\":\"v\"}]}"),
        json("POST", theirs + "/data/set", "{\"key\":\"k\",\"value\":\"v\"}"),
        json("POST", theirs + "/chunks?sequence=1&offset=0&size=1", "x"),
        json("PUT", theirs + "/finish", "{\"exit_status\":\"0\"}"),
        json("POST", mine + "/chunks?sequence=1&offset=0&size=4", "text"),
        json("PUT", mine + "/promise_failure", "{\"exit_status\":1,\"reason\":\"r\"}"),
        json("PUT", mine, "{\"priority\":\"3\"}"),
        json("POST", mine + "/annotations", "{\"body\":\"b\",\"context\":\"c\",\"append\":true}"),
        json("DELETE", mine + "/annotations/a%2Eb?scope=build", ""),
        json(
            "POST",
            mine + "/pipelines?async=true",
            "{\"uuid\":\"u\",\"pipeline\":{\"steps\":[{\"command\":\"x\",\"key\":\"b\"},\"wait\"]}}"),
        json(
            "POST",
            mine + "/artifacts",
            "{\"id\":\"c\",\"artifacts\":[{\"path\":\"../a\",\"file_size\":1,\"content_type\":\"text/plain\"}]}"),
        json("PUT", mine + "/artifacts", "{\"artifacts\":[{\"id\":\"x\",\"state\":\"error\"}]}"),
        json("PUT", upload, "x"),
        json("GET", search + "/artifacts/search?query=**%2F{a,b}[!c]*&state=finished", ""),
        json("POST", "/v3/steps/a/export", "{\"attribute\":\"label\"}"),
        json("PUT", "/v3/steps/a", "{\"attribute\":\"label\",\"value\":\"v\",\"append\":true}"),
        json(
            "PUT",
            "/v3/cache_registries/~/store",
            "{\"target_paths\":[\"a\"],\"cache_key\":[{\"value\":\"k\"}],\"blobs\":[]}"),
        json(
            "POST",
            "/v3/cache_registries/~/retrieve",
            "{\"target_paths\":[\"a\"],\"cache_key\":[{\"value\":\"k\",\"mandatory\":false}]}"),
        json("GET", mine + "/secrets?key=A", ""),
        json(
            "POST",
            "/upload",
            "--b\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\na\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nx\r\n--b--"),
        json("GET", "/v2/organizations/bakehouse/builds?state=passed&page=2", ""));
  }

  private static byte[] json(String method, String path, String body) {
    String head =
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: x\r\nAuthorization: Token "
            + HandClient.token(job)
            + "\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n";
    return (head + body).getBytes(StandardCharsets.UTF_8);
  }

  static Stream<byte[]> pingSeeds() {
    return Stream.of(
        new byte[] {0, 0, 0, 0, 3, 0x0a, 1, 'x'},
        new byte[] {0, 0, 0, 0, 6, 0x10, 1, 0x0a, 2, 'x', 'y'},
        new byte[] {0, 0, 0, 0, 7, 0x12, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 15, 1},
        new byte[0]);
  }

  static Stream<byte[]> globSeeds() {
    return Stream.of(
            "**/*.logx/y/a.log",
            "{a,{b,c/d}}*[!x-z]ec/dwfe",
            "*a*a*a*a*a*a*a*a*baaaaaaaaaaaaaaaa",
            "\\*;./x[]]{{{,,}},***?")
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }
}
