package dev.bakehouse.rollout;

import dev.bakehouse.oci.Artifact;
import dev.bakehouse.oci.CorruptData;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.oci.Repository;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// How a host does, told in the registry under the tag `rollout-host-` with its name. Nobody signs
/// it: it can hold a rollout up or take it back, never bring an image to a host.
///
/// @param at ISO-8601
/// @param runs digest of the image in force; empty: the one its configuration names
/// @param failed digest of an image that it could not make ready; empty when there is none
/// @param trouble why it is not where the document wants it; empty when it is
record HostReport(String host, String at, String runs, String failed, String trouble) {
  static final String TAG = Board.TAG + "-host-";

  private static final String TYPE = "application/vnd.bakehouse.host.v1+json";
  private static final String NOTE = "dev.bakehouse.host";
  private static final JsonMapper JSON = new JsonMapper();
  private static final int LONGEST = 500;

  HostReport {
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(runs, "runs");
    Objects.requireNonNull(failed, "failed");
    Instant _ = Instant.parse(at);
    trouble = trouble.substring(0, Math.min(LONGEST, trouble.length()));
  }

  static HostReport of(String host, HostState state, Instant now) {
    return new HostReport(
        host,
        now.toString(),
        state.inForce().map(image -> image.target().digest()).orElse(""),
        state.failed(),
        state.trouble());
  }

  void put(Repository repository) {
    Map<String, String> note = Map.of(NOTE, JSON.writeValueAsString(this));
    Manifest _ = Artifact.of(TYPE, note).put(repository, TAG + host);
  }

  /// What a tag says; empty when that is no host's report, whatever else it is.
  static Optional<HostReport> read(Repository repository, String tag) {
    if (!tag.startsWith(TAG)) {
      return Optional.empty();
    }
    try {
      String text = repository.manifest(tag).annotations().getOrDefault(NOTE, "");
      return Optional.ofNullable(JSON.readValue(text, HostReport.class))
          .filter(r -> tag.equals(TAG + r.host()));
    } catch (JacksonException | CorruptData | RegistryError.Absent e) {
      return Optional.empty();
    }
  }

  /// Whether it says the same but for the time.
  boolean same(HostReport other) {
    return equals(new HostReport(other.host, at, other.runs, other.failed, other.trouble));
  }

  Instant time() {
    return Instant.parse(at);
  }
}
