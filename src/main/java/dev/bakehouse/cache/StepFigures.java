package dev.bakehouse.cache;

import dev.bakehouse.platform.ProgramFiles;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What a step tells of its caches after its command, as `figures.pl` reads it where the step ran.
///
/// @param stats hits and misses of this step, one each kind
/// @param before ccache's own counters as they were when the step began; empty without ccache
/// @param after the same when it ended
/// @param requests what targets of `Bakehouse.cmake` asked for
/// @param tools compilers by path, as `SIZE@SECONDS` of their last change
public record StepFigures(
    List<CacheStats> stats,
    Optional<CacheStats> before,
    Optional<CacheStats> after,
    Map<String, Long> counters,
    Requests requests,
    Map<String, String> tools) {
  private static final int MOST_KINDS = 50;

  public static final StepFigures NONE =
      new StepFigures(
          List.of(), Optional.empty(), Optional.empty(), Map.of(), Requests.NONE, Map.of());

  public StepFigures {
    stats = List.copyOf(stats);
    counters = Map.copyOf(counters);
    tools = Map.copyOf(tools);
  }

  /// The arguments of [#script].
  ///
  /// @param ccache its directory, or empty for a step without
  /// @param compilers programs besides the usual names
  public static List<String> arguments(
      String checkout, String requests, String log, String ccache, Collection<String> compilers) {
    List<String> args = new ArrayList<>(List.of(checkout, requests, log, ccache));
    compilers.stream().filter(c -> !c.isBlank()).forEach(args::add);
    return args;
  }

  /// Reads what the program printed. A line that is not understood is left out: it comes from where
  /// the job ran.
  public static StepFigures parse(String text) {
    Map<String, CacheStats> stats = new LinkedHashMap<>();
    Map<String, Boolean> requests = new LinkedHashMap<>();
    Map<String, Long> counters = new LinkedHashMap<>();
    Map<String, String> tools = new LinkedHashMap<>();
    Optional<CacheStats> logged = Optional.empty();
    StringBuilder printed = new StringBuilder();
    for (String line : text.split("\n", -1)) {
      String[] word = line.split("\t", -1);
      switch (word[0] + " " + word.length) {
        case "json 2" -> json(word[1]).forEach(s -> stats.put(s.kind(), s));
        case "request 3" -> requests.put(word[1], word[2].equals("save"));
        case "log 3" ->
            logged =
                numbers(word[1], word[2])
                    .map(n -> new CacheStats(Kind.CCACHE.name(), n.get(0), n.get(1)))
                    .filter(s -> s.hits() + s.misses() > 0);
        case "counter 3" -> {
          numbers(word[2]).ifPresent(n -> counters.put(word[1], n.getFirst()));
          printed.append(word[1]).append('\t').append(word[2]).append('\n');
        }
        case "tool 4" -> tools.put(word[1], word[2] + "@" + word[3]);
        default -> {}
      }
    }
    // ccache's log has this step alone, whatever the step did to the counters.
    logged.ifPresent(s -> stats.put(s.kind(), s));
    Optional<CacheStats> after =
        counters.isEmpty()
            ? Optional.empty()
            : Optional.of(CacheStats.ofCcache(printed.toString()));
    Optional<CacheStats> before =
        after.flatMap(a -> Optional.ofNullable(stats.get(a.kind())).map(a::since));
    return new StepFigures(
        List.copyOf(stats.values()), before, after, counters, new Requests(requests), tools);
  }

  /// Without what a step says of caches that nobody knows: each would go into the history.
  ///
  /// @param kinds names of those that are known
  public StepFigures about(Collection<String> kinds) {
    List<CacheStats> known =
        stats.stream().filter(s -> kinds.contains(s.kind())).limit(MOST_KINDS).toList();
    return new StepFigures(known, before, after, counters, requests, tools);
  }

  /// The figures for a log.
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (CacheStats each : stats) {
      StringBuilder line = new StringBuilder(each.toString());
      if (each.kind().equals(Kind.CCACHE.name()) && before.isPresent() && after.isPresent()) {
        line.append("; ccache's counters before: ").append(before.get().counts());
        line.append(", after: ").append(after.get().counts());
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private static List<CacheStats> json(String text) {
    try {
      return CacheStats.ofJson(text).stream().filter(s -> s.kind() != null).toList();
    } catch (UserError e) {
      return List.of();
    }
  }

  private static Optional<List<Long>> numbers(String... words) {
    return Stream.of(words).allMatch(w -> w.matches("[0-9]{1,15}"))
        ? Optional.of(Stream.of(words).map(Long::valueOf).toList())
        : Optional.empty();
  }

  /// The perl program that reads them.
  public static String script() {
    return ProgramFiles.text(StepFigures.class, "figures.pl");
  }
}
