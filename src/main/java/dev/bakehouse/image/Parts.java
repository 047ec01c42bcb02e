package dev.bakehouse.image;

import dev.bakehouse.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What goes into an identity, piece by piece, so that a difference can be named. Images carry it
/// as labels of bounded size: every file when those are few, else every declared input, else one
/// digest.
///
/// @param script hex digest of the bootstrap script; empty when nothing is known
/// @param files short digest of every file of the inputs
/// @param declared short digest of every entry of `image.inputs`
/// @param checkpoints digests of the script's beginnings, up to each line that marks one
public record Parts(
    String script,
    SortedMap<String, String> files,
    SortedMap<String, String> declared,
    List<String> checkpoints) {
  static final String SCRIPT_LABEL = "dev.bakehouse.image.script";
  static final String PARTS_LABEL = "dev.bakehouse.image.parts";
  static final String CHECKPOINTS_LABEL = "dev.bakehouse.image.checkpoints";
  static final Parts UNKNOWN = new Parts("", new TreeMap<>(), new TreeMap<>(), List.of());

  /// What the label with the list may take up; annotations travel with every manifest.
  static final int LARGEST = 8192;

  private static final String FILES = "files";
  private static final String DECLARED = "inputs";
  private static final int SHORT = 16;
  private static final JsonMapper JSON = new JsonMapper();

  public Parts {
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    declared = Collections.unmodifiableSortedMap(new TreeMap<>(declared));
    checkpoints = List.copyOf(checkpoints);
  }

  static String brief(String hex) {
    return hex.substring(0, Math.min(SHORT, hex.length()));
  }

  Map<String, String> labels() {
    Map<String, String> all = new LinkedHashMap<>();
    if (!script.isEmpty()) {
      all.put(SCRIPT_LABEL, script);
    }
    if (!checkpoints.isEmpty()) {
      all.put(CHECKPOINTS_LABEL, String.join(" ", checkpoints));
    }
    all.put(PARTS_LABEL, list());
    return all;
  }

  private String list() {
    String every = JSON.writeValueAsString(Map.of(FILES, files));
    if (size(every) <= LARGEST) {
      return every;
    }
    String entries = JSON.writeValueAsString(Map.of(DECLARED, declared));
    return size(entries) <= LARGEST
        ? entries
        : Digest.of(every.getBytes(StandardCharsets.UTF_8)).toString();
  }

  /// Whether an image was made from the same inputs, whatever its script.
  boolean sameInputs(Map<String, String> labels) {
    return pair(labels)
        .map(pair -> pair.theirs().equals(pair.ours()))
        .orElseGet(() -> list().equals(labels.get(PARTS_LABEL)));
  }

  /// What a label tells of an image's inputs beside what these parts say of theirs, in the form the
  /// label has.
  Optional<Pair> pair(Map<String, String> labels) {
    String text = labels.getOrDefault(PARTS_LABEL, "");
    if (!text.startsWith("{")) {
      return Optional.empty();
    }
    try {
      JsonNode tree = JSON.readTree(text);
      return tree.has(FILES)
          ? Optional.of(new Pair(map(tree.path(FILES)), files))
          : Optional.of(new Pair(map(tree.path(DECLARED)), declared));
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  /// @param theirs of the image
  /// @param ours of what is wanted
  record Pair(SortedMap<String, String> theirs, SortedMap<String, String> ours) {}

  private static int size(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static SortedMap<String, String> map(JsonNode node) {
    SortedMap<String, String> all = new TreeMap<>();
    node.properties().forEach(e -> all.put(e.getKey(), e.getValue().asString("")));
    return all;
  }
}
