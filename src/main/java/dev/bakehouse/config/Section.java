package dev.bakehouse.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/// One mapping of a YAML file, with the file and line of every value for errors.
///
/// Each getter marks its key as known; [#close] rejects what nobody asked for, so a misspelt key is
/// never silently ignored. A key without a value (also `~`, `null`) is not set; a list entry or a
/// name of the user's own without a value is an error.
public final class Section {
  private final String file;
  private final String path;
  private final int line;
  private final Map<String, NodeTuple> entries = new LinkedHashMap<>();
  private final TreeSet<String> known = new TreeSet<>();

  Section(String file, String path, @Nullable Node node) {
    this.file = file;
    this.path = path;
    this.line = node == null ? 1 : lineOf(node);
    if (node == null || isNull(node)) {
      return;
    }
    if (!(node instanceof MappingNode mapping)) {
      throw new ConfigError(
          at(node),
          label(path) + " must hold keys and values",
          "Write `key: value` lines below it.");
    }
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw new ConfigError(
            at(tuple.getKeyNode()), "a key must be a plain word", "Quote or rename it.");
      }
      if (entries.put(key.getValue(), tuple) != null) {
        throw new ConfigError(
            at(key), "the key `" + full(key.getValue()) + "` stands twice", "Remove one of them.");
      }
    }
  }

  public boolean has(String key) {
    return node(key).isPresent();
  }

  /// Whether a key holds a single value, where a mapping may stand too.
  public boolean isWord(String key) {
    return node(key).filter(ScalarNode.class::isInstance).isPresent();
  }

  /// The keys that stand there, in the file's order.
  public List<String> keys() {
    return List.copyOf(entries.keySet());
  }

  public Optional<String> text(String key) {
    return node(key).map(n -> scalar(key, n));
  }

  public String text(String key, String fallback) {
    return text(key).orElse(fallback);
  }

  /// A whole number between two bounds, both included.
  public int number(String key, int fallback, int least, int most) {
    Optional<Node> node = node(key);
    if (node.isEmpty()) {
      return fallback;
    }
    String value = scalar(key, node.get());
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, with the bounds.
    }
    throw new ConfigError(
        at(node.get()),
        "`" + full(key) + ": " + value + "` is not a whole number from " + least + " to " + most,
        "Write a number in that range.");
  }

  public boolean flag(String key, boolean fallback) {
    return choice(key, fallback ? "true" : "false", List.of("true", "false")).equals("true");
  }

  /// One of a fixed set of words.
  public String choice(String key, String fallback, List<String> allowed) {
    Optional<Node> node = node(key);
    if (node.isEmpty()) {
      return fallback;
    }
    String value = scalar(key, node.get());
    if (!allowed.contains(value)) {
      throw new ConfigError(
          at(node.get()),
          "`" + full(key) + ": " + value + "` is not known",
          "Use one of " + String.join(", ", allowed) + ".");
    }
    return value;
  }

  /// A list of texts; a single text counts as a list of one.
  public List<String> texts(String key, List<String> fallback) {
    Optional<Node> node = node(key);
    if (node.isEmpty()) {
      return fallback;
    }
    if (node.get() instanceof SequenceNode sequence) {
      return sequence.getValue().stream().map(n -> scalar(key, n)).toList();
    }
    return List.of(scalar(key, node.get()));
  }

  public Map<String, String> map(String key) {
    Section inner = section(key);
    Map<String, String> values = new LinkedHashMap<>();
    inner.entries.forEach(
        (name, tuple) -> values.put(name, inner.scalar(name, tuple.getValueNode())));
    return values;
  }

  /// Lists of texts below a key whose names the user chose; a single text counts as a list of one.
  public Map<String, List<String>> lists(String key) {
    Section inner = section(key);
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String name : inner.entries.keySet()) {
      values.put(name, inner.texts(name, List.of()));
    }
    return values;
  }

  /// The mapping below a key; an empty one when the key is absent.
  public Section section(String key) {
    return new Section(file, full(key), node(key).orElse(null));
  }

  public List<Section> sections(String key) {
    Optional<Node> node = node(key);
    if (node.isEmpty()) {
      return List.of();
    }
    if (!(node.get() instanceof SequenceNode sequence)) {
      throw new ConfigError(
          at(node.get()), "`" + full(key) + "` must be a list", "Start each entry with `- `.");
    }
    List<Section> all = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      insistValue(full(key) + "[" + all.size() + "]", item);
      all.add(new Section(file, full(key) + "[" + all.size() + "]", item));
    }
    return all;
  }

  /// Reads the mapping below a key whose names the user chose.
  public <T> Map<String, T> named(String key, Function<Section, T> reader) {
    Section inner = section(key);
    Map<String, T> values = new LinkedHashMap<>();
    for (String name : inner.entries.keySet()) {
      values.put(name, reader.apply(inner.section(name)));
    }
    return values;
  }

  /// Rejects keys that no getter asked for.
  public void close() {
    for (Map.Entry<String, NodeTuple> entry : entries.entrySet()) {
      if (!known.contains(entry.getKey())) {
        throw new ConfigError(
            at(entry.getValue().getKeyNode()),
            "unknown key `" + full(entry.getKey()) + "`",
            "Known here: " + String.join(", ", known) + ".");
      }
    }
  }

  /// An error at this section, or at one of its keys.
  public ConfigError error(@Nullable String key, String what, String remedy) {
    NodeTuple tuple = key == null ? null : entries.get(key);
    String where = tuple == null ? file + ":" + line : at(tuple.getValueNode());
    return new ConfigError(
        where, (key == null ? label(path) : "`" + full(key) + "`") + " " + what, remedy);
  }

  private Optional<Node> node(String key) {
    known.add(key);
    return Optional.ofNullable(entries.get(key))
        .map(NodeTuple::getValueNode)
        .filter(n -> !isNull(n));
  }

  private void insistValue(String name, Node node) {
    if (isNull(node)) {
      throw new ConfigError(
          at(node),
          "`" + name + "` has no value",
          "Write one, or remove the entry; put quotes around a word such as `null` or `~`.");
    }
  }

  private String scalar(String key, Node node) {
    insistValue(full(key), node);
    if (node instanceof ScalarNode scalar) {
      if (scalar.getValue().indexOf('\0') >= 0) {
        throw new ConfigError(
            at(node),
            "`" + full(key) + "` has a NUL in it",
            "Take it out: no path or name has one.");
      }
      return scalar.getValue();
    }
    throw new ConfigError(
        at(node),
        "`" + full(key) + "` must be a single value",
        "Write it on one line: `key: value`.");
  }

  private String full(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static String label(String path) {
    return path.isEmpty() ? "the file" : "`" + path + "`";
  }

  private String at(Node node) {
    return file + ":" + lineOf(node);
  }

  private static int lineOf(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }

  private static boolean isNull(Node node) {
    return node instanceof ScalarNode scalar && scalar.getTag().getValue().endsWith(":null");
  }
}
