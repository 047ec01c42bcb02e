package dev.bakehouse.job;

import dev.bakehouse.platform.UserError;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// An annotation that several jobs of a build have a part in.
///
/// Jobs of one build end at once on several hosts, and an annotation can only be replaced. So each
/// job leaves its part as meta-data, writes the annotation from all there are, and does so again
/// when others came meanwhile: whoever writes last has seen all.
///
/// @param context which annotation
/// @param key what the keys of the parts begin with
/// @param render the annotation from the parts, which any job of the build may have written
record SharedAnnotation(String context, String key, Function<List<String>, Text> render) {
  static final int JOBS = 100;
  private static final int TURNS = 5;

  /// Characters of a part, and things in it.
  private static final int LONGEST = 1 << 17;

  private static final int MOST = 1000;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /// @param style one of Buildkite's
  /// @param body Markdown
  record Text(String style, String body) {}

  /// @throws UserError when it could not be written
  void publish(Job job, String own) {
    agent(job, own, "meta-data", "set", key + job.id());
    Map<String, String> known = new LinkedHashMap<>();
    known.put(key + job.id(), own);
    Set<String> keys = keys(job);
    for (int turn = 0; turn < TURNS; turn++) {
      for (String each : keys) {
        known.computeIfAbsent(
            each, k -> JobReport.agent(job, "meta-data", "get", k).check().text());
      }
      Text text = render.apply(List.copyOf(known.values()));
      agent(job, text.body(), "annotate", "--context", context, "--style", text.style());
      Set<String> now = keys(job);
      if (known.keySet().containsAll(now)) {
        return;
      }
      keys = now;
    }
  }

  /// What a part tells. Any job of the build may have written it: what is not understood, or too
  /// much, is left out.
  static <T> Stream<T> read(String part, Class<T[]> type) {
    if (part.length() > LONGEST) {
      return Stream.empty();
    }
    try {
      return Stream.ofNullable(JSON.readValue(part, type))
          .flatMap(Arrays::stream)
          .filter(Objects::nonNull)
          .limit(MOST);
    } catch (JacksonException e) {
      return Stream.empty();
    }
  }

  private static void agent(Job job, String input, String... words) {
    JobReport.agent(job, words).input(input.getBytes(StandardCharsets.UTF_8)).check();
  }

  private Set<String> keys(Job job) {
    return JobReport.agent(job, "meta-data", "keys")
        .check()
        .text()
        .lines()
        .filter(each -> each.startsWith(key))
        .limit(JOBS)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
