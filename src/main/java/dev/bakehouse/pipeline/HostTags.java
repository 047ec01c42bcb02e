package dev.bakehouse.pipeline;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// A host as `pipeline.hosts` describes it.
///
/// @param tags what its agents register with, all spellings of system and processor among it;
///   several values are several tags of that name
public record HostTags(String name, Map<String, Set<String>> tags) {
  /// What the daemon tells of a host's image while it runs: nobody knows it beforehand.
  private static final String READINESS = "vm-";

  private static final List<Set<String>> SAME =
      List.of(Set.of("darwin", "macos"), Set.of("aarch64", "arm64"), Set.of("x64", "x86_64"));

  static HostTags of(String name, Map<String, List<String>> written) {
    Map<String, Set<String>> tags = new LinkedHashMap<>();
    tags.put("queue", Set.of("default"));
    written.forEach(
        (tag, values) -> {
          Set<String> all = new LinkedHashSet<>(values);
          if (tag.equals("os") || tag.equals("arch")) {
            values.forEach(v -> SAME.stream().filter(s -> s.contains(v)).forEach(all::addAll));
          }
          tags.put(tag, all);
        });
    if (tags.getOrDefault("os", Set.of()).contains("darwin")) {
      tags.putIfAbsent("tart", Set.of("true"));
    }
    tags.put(AgentRules.HOST, Set.of(name));
    return new HostTags(name, tags);
  }

  /// Whether its agents may run a step, when their image is ready.
  ///
  /// @param rules of the step; a value's `*` stands for any text
  public boolean satisfies(Map<String, String> rules) {
    return rules.entrySet().stream()
        .allMatch(
            rule ->
                rule.getKey().startsWith(READINESS)
                    || tags.getOrDefault(rule.getKey(), Set.of()).stream()
                        .anyMatch(value -> matches(rule.getValue(), value)));
  }

  boolean hasQueue(String queue) {
    return tags.getOrDefault("queue", Set.of()).contains(queue);
  }

  private static boolean matches(String rule, String value) {
    if (!rule.contains("*")) {
      return rule.equals(value);
    }
    String pattern =
        Pattern.compile("\\*+")
            .splitAsStream(rule + "\0")
            .map(Pattern::quote)
            .collect(Collectors.joining(".*"));
    return Pattern.matches(pattern, value + "\0");
  }
}
