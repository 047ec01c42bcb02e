package dev.bakehouse.buildkite;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An agent as the REST API tells it.
///
/// @param connectionState `connected`, `stopping`, `lost`, …
/// @param metaData its tags, `name=value`
/// @param job what it runs, if anything
public record AgentInfo(
    @Nullable String id,
    @Nullable String name,
    @Nullable String connectionState,
    @Nullable String hostname,
    @Nullable String version,
    @Nullable Boolean paused,
    @Nullable String pausedAt,
    @Nullable String pausedNote,
    @Nullable Integer pausedTimeoutInMinutes,
    List<String> metaData,
    @Nullable JobInfo job) {
  @SuppressWarnings("NullAway") // The wire may leave the list out.
  public AgentInfo {
    metaData = metaData == null ? List.of() : metaData.stream().filter(Objects::nonNull).toList();
  }

  /// Why it takes no jobs at all, if it does not.
  @Nullable String held() {
    if (!Boolean.TRUE.equals(paused)) {
      return "stopping".equals(connectionState) ? "stopping" : null;
    }
    // Jobs write notes too, and a terminal obeys control characters.
    String note = pausedNote == null ? "" : pausedNote.replaceAll("\\p{Cntrl}+", " ").strip();
    String until =
        pausedAt == null || pausedTimeoutInMinutes == null
            ? ""
            : " until "
                + Instant.parse(pausedAt)
                    .plus(Duration.ofMinutes(pausedTimeoutInMinutes))
                    .truncatedTo(ChronoUnit.SECONDS);
    return "paused" + until + (note.isBlank() ? "" : ": " + note);
  }

  /// The rules of a job that it does not meet. A rule `name=*` asks for any value, `*` for nothing;
  /// a job that names no queue wants `default`, where an agent without one is.
  List<String> missing(List<String> rules) {
    List<String> wanted = new ArrayList<>(rules);
    if (rules.stream().noneMatch(rule -> rule.startsWith("queue="))) {
      wanted.add("queue=default");
    }
    return wanted.stream().filter(rule -> !meets(rule)).toList();
  }

  private boolean meets(String rule) {
    int equals = rule.indexOf('=');
    String name = equals < 0 ? rule : rule.substring(0, equals);
    String value = equals < 0 ? "*" : rule.substring(equals + 1);
    if (name.equals("*")) {
      return true;
    }
    List<String> own = values(name);
    if (own.isEmpty() && name.equals("queue")) {
      own = List.of("default");
    }
    return value.equals("*") ? !own.isEmpty() : own.contains(value);
  }

  /// The values of a tag.
  List<String> values(String tag) {
    return metaData.stream()
        .filter(t -> t.startsWith(tag + "="))
        .map(t -> t.substring(tag.length() + 1))
        .toList();
  }

  /// Which machine it is on, as its tags say, else as it says itself.
  String host() {
    List<String> named = values("host");
    return !named.isEmpty() ? named.getFirst() : hostname != null ? hostname : String.valueOf(name);
  }
}
