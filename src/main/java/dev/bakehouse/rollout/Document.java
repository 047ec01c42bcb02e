package dev.bakehouse.rollout;

import dev.bakehouse.oci.CorruptData;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.UserError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What the hosts of one repository run, as JSON; each change is a new document with the next
/// serial.
///
/// @param repository it is valid for, as [Board#name] writes it
/// @param serial grows by one with every change
/// @param current what hosts that are in run; empty when there is nothing to run
/// @param previous what the others run, and what a rollback brings back; empty: the image their own
///   configuration names
/// @param percent of the hosts that are in, 0 to 100
/// @param canaries names of hosts that are in whatever the percentage
/// @param undone what the last change of `current` took back, when that was a rollback
/// @param prefetch references by digest that every host is to have ahead of demand, by name
/// @param time ISO-8601
/// @param by user@host
public record Document(
    String repository,
    long serial,
    Optional<Target> current,
    Optional<Target> previous,
    int percent,
    List<String> canaries,
    Map<String, String> prefetch,
    Optional<Target> undone,
    String time,
    String by,
    String reason) {
  /// The percentages a rollout goes through when nobody says otherwise.
  static final List<Integer> STEPS = List.of(10, 50, 90, 100);

  private static final JsonMapper JSON = new JsonMapper();

  public Document {
    Objects.requireNonNull(repository, "repository");
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(by, "by");
    Objects.requireNonNull(reason, "reason");
    // Older programs write none.
    undone = Objects.requireNonNullElse(undone, Optional.empty());
    canaries = List.copyOf(canaries);
    prefetch = Collections.unmodifiableMap(new LinkedHashMap<>(prefetch));
    if (serial < 1 || percent < 0 || percent > 100) {
      throw new IllegalArgumentException("serial " + serial + ", " + percent + " %");
    }
    prefetch.values().forEach(Reference::parse);
  }

  /// Who changes it, when and why.
  public record Stamp(String time, String by, String reason) {}

  /// Before the first change.
  static Document empty(String repository) {
    return new Document(
        repository,
        1,
        Optional.empty(),
        Optional.empty(),
        0,
        List.of(),
        Map.of(),
        Optional.empty(),
        "",
        "",
        "nothing yet");
  }

  /// @throws CorruptData when it is none
  static Document parse(byte[] bytes) {
    try {
      return JSON.readValue(bytes, Document.class);
    } catch (JacksonException | UserError e) {
      throw new CorruptData("The rollout document", "not one (" + e.getMessage() + ")");
    }
  }

  byte[] bytes() {
    return JSON.writeValueAsString(this).getBytes(StandardCharsets.UTF_8);
  }

  /// The next percentage of a rollout of this image.
  public int nextStep(Target target) {
    int now = runs(target) ? percent : 0;
    return STEPS.stream().filter(step -> step > now).findFirst().orElse(100);
  }

  /// Whether this document is about that image.
  public boolean runs(Target target) {
    return current.filter(c -> c.digest().equals(target.digest())).isPresent();
  }

  /// Moves an image to a share of the hosts. What takes the place of an image that had not reached
  /// all hosts keeps that one's previous: hosts that are out run what last was everywhere.
  Document promote(Target target, int share, List<String> hosts, Stamp stamp) {
    Optional<Target> before = runs(target) || percent < 100 ? previous : current;
    return change(Optional.of(target), before, share, hosts, prefetch, Optional.empty(), stamp);
  }

  /// Back to what was before, on every host.
  Document rollback(Stamp stamp) {
    return change(previous, Optional.empty(), 100, List.of(), prefetch, current, stamp);
  }

  Document withPrefetch(Map<String, String> all, Stamp stamp) {
    return change(current, previous, percent, canaries, all, undone, stamp);
  }

  /// The same under another serial.
  Document numbered(long other) {
    return new Document(
        repository,
        other,
        current,
        previous,
        percent,
        canaries,
        prefetch,
        undone,
        time,
        by,
        reason);
  }

  private Document change(
      Optional<Target> run,
      Optional<Target> before,
      int share,
      List<String> hosts,
      Map<String, String> ahead,
      Optional<Target> back,
      Stamp stamp) {
    boolean first = time.isEmpty();
    return new Document(
        repository,
        first ? serial : serial + 1,
        run,
        before,
        share,
        new ArrayList<>(hosts),
        ahead,
        back,
        stamp.time(),
        stamp.by(),
        stamp.reason());
  }

  /// What a host is to run.
  public Share share(String host) {
    if (current.isEmpty()) {
      return new Share(false, "nothing is promoted", Optional.empty());
    }
    if (canaries.contains(host)) {
      return new Share(true, "it is a canary", current);
    }
    int bucket = Buckets.of(host);
    return bucket < percent
        ? new Share(true, "its bucket " + bucket + " is below " + percent, current)
        : new Share(false, "its bucket " + bucket + " is not below " + percent, previous);
  }

  /// @param in whether the host runs the current image
  /// @param target what it runs; empty: what its own configuration names
  public record Share(boolean in, String why, Optional<Target> target) {}
}
