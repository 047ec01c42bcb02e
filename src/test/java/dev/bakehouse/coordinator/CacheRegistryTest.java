package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.HandClient.Answer;
import dev.bakehouse.pipeline.Pipeline;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// `buildkite-agent cache` as newer agents have it, by a client of the tests' own.
class CacheRegistryTest extends WithCoordinator {
  private static final String ROOT = "/v3/cache_registries/~";
  private HandClient hand;

  @BeforeEach
  void client() {
    hand = new HandClient(coordinator);
  }

  @Test
  void theCacheRegistryKnowsWhichArchiveBelongsToAKey() throws Exception {
    HandClient client = HandClient.connected(coordinator, "one", "[]");
    build("p", "steps: [{key: a, command: x}]");
    JsonNode job = client.begin();
    String token = HandClient.token(job);
    String root = "/v3/cache_registries/~";
    assertThat(client.call("GET", root, token, "").json().path("store").asString())
        .isEqualTo("agent_managed");
    Answer miss = client.call("POST", root + "/retrieve", token, key("1"));
    assertThat(miss.status()).isEqualTo(404);
    assertThat(miss.json().path("message").asString()).isEqualTo("Cache entry not found");
    String blobs =
        ",\"blobs\":[{\"digest\":{\"algorithm\":\"sha256\",\"value\":\"ab\"},\"file_size\":3,"
            + "\"compression\":\"zip\"}],\"platform\":\"linux/amd64\"}";
    String entry = key("1").replaceFirst("\\}$", "") + blobs;
    Answer stored = client.call("PUT", root + "/store", token, entry);
    String upload = stored.json().path("upload_id").asString();
    assertThat(client.call("POST", root + "/peek", token, key("1")).status())
        .as("not committed")
        .isEqualTo(404);
    String commit = "{\"upload_id\":\"" + upload + "\"}";
    assertThat(client.call("PUT", root + "/commit", token, commit).status()).isEqualTo(200);
    JsonNode found = client.call("POST", root + "/retrieve", token, key("1")).json();
    assertThat(found.at("/blobs/0/digest/value").asString()).isEqualTo("ab");
    assertThat(found.path("fallback").asBoolean()).isFalse();
    JsonNode near = client.call("POST", root + "/retrieve", token, key("2")).json();
    assertThat(near.path("fallback").asBoolean()).isTrue();
    assertThat(near.at("/cache_key/1/value").asString()).isEqualTo("1");
    build("q", "steps: [{key: a, command: x}]");
    HandClient other = HandClient.connected(coordinator, "two", "[]");
    String stranger = HandClient.token(other.begin());
    assertThat(other.call("POST", root + "/peek", stranger, key("1")).status()).isEqualTo(404);
    assertThat(other.call("PUT", root + "/commit", stranger, commit).status()).isEqualTo(404);
    client.call("POST", root + "/expire", token, key("1"));
    assertThat(client.call("POST", root + "/retrieve", token, key("2")).status()).isEqualTo(404);
  }

  @Test
  void aPullRequestReadsTheDefaultBranchsEntriesWritesItsOwnAndAForkNone() throws Exception {
    coordinator.definePipeline("p", "repo", "main", "");
    String main = begin("main", Map.of());
    assertThat(save(main, "aa")).isEqualTo(200);
    String pull = begin("topic", Map.of("BUILDKITE_PULL_REQUEST", "7"));
    assertThat(digest(pull)).isEqualTo("aa");
    assertThat(save(pull, "e7")).isEqualTo(200);
    assertThat(digest(pull)).isEqualTo("e7");
    hand.call("POST", ROOT + "/expire", pull, key("1"));
    assertThat(digest(pull)).isEqualTo("aa");
    assertThat(digest(main)).isEqualTo("aa");
    String fork =
        begin(
            "main",
            Map.of(
                "BUILDKITE_PULL_REQUEST", "8",
                "BUILDKITE_PULL_REQUEST_REPO", "https://example.org/theirs"));
    assertThat(save(fork, "e8")).isEqualTo(403);
    assertThat(hand.call("POST", ROOT + "/expire", fork, key("1")).status()).isEqualTo(403);
    assertThat(digest(fork)).isEqualTo("aa");
    assertThat(digest(main)).isEqualTo("aa");
  }

  private String begin(String branch, Map<String, String> env) throws Exception {
    String _ =
        coordinator.create(
            new BuildRequest("p", "repo", "HEAD", branch, "", env),
            Pipeline.parse("p", "steps: [{command: x}]"));
    hand = HandClient.connected(coordinator, "hand" + branch + env.size(), "[]");
    return HandClient.token(hand.begin());
  }

  private int save(String token, String digest) throws Exception {
    String entry =
        key("1").replaceFirst("\\}$", "")
            + ",\"blobs\":[{\"digest\":{\"algorithm\":\"sha256\",\"value\":\""
            + digest
            + "\"},\"file_size\":3,\"compression\":\"zip\"}],\"platform\":\"linux/amd64\"}";
    Answer stored = hand.call("PUT", ROOT + "/store", token, entry);
    String commit = "{\"upload_id\":\"" + stored.json().path("upload_id").asString() + "\"}";
    return stored.status() == 200
        ? hand.call("PUT", ROOT + "/commit", token, commit).status()
        : stored.status();
  }

  private String digest(String token) throws Exception {
    JsonNode found = hand.call("POST", ROOT + "/retrieve", token, key("1")).json();
    return found.at("/blobs/0/digest/value").asString();
  }

  private static String key(String last) {
    return "{\"target_paths\":[\"node_modules\"],\"cache_key\":[{\"value\":\"linux\",\"mandatory\":true},"
        + "{\"value\":\""
        + last
        + "\",\"mandatory\":false}]}";
  }
}
