package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.HandClient.Answer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// `buildkite-agent cache` as newer agents have it, by a client of the tests' own.
class CacheRegistryTest extends WithCoordinator {
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

  private static String key(String last) {
    return "{\"target_paths\":[\"node_modules\"],\"cache_key\":[{\"value\":\"linux\",\"mandatory\":true},"
        + "{\"value\":\""
        + last
        + "\",\"mandatory\":false}]}";
  }
}
