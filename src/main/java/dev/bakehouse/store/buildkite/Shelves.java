package dev.bakehouse.store.buildkite;

import dev.bakehouse.store.Keys;
import dev.bakehouse.store.buildkite.Builds.Build;
import dev.bakehouse.store.buildkite.Catalogue.Place;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where blobs are: what each build holds, asked once.
///
/// A key that has a build's id as a segment lies in that build and nowhere else. Any other lies in
/// this build, where a catalogue that was read says, or in one of the recent builds.
final class Shelves {
  /// What the paths of all blobs start with.
  static final String TOP = "bakehouse-cache/";

  private static final String CATALOGUES = "catalogue/";
  private static final Pattern BUILD =
      Pattern.compile(
          "(?:^|/)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:/|$)");

  private final Artifacts artifacts;
  private final Downloads downloads;
  private final Builds builds;
  private final String own;
  private final Map<String, Map<String, Artifact>> shelves = new LinkedHashMap<>();
  private final Set<String> catalogued = new HashSet<>();
  private final Map<String, Artifact> told = new LinkedHashMap<>();

  /// @param own id of this job's build; empty outside a job
  Shelves(Artifacts artifacts, Downloads downloads, Builds builds, String own) {
    this.artifacts = artifacts;
    this.downloads = downloads;
    this.builds = builds;
    this.own = own;
  }

  /// The build that a key or a prefix names.
  static Optional<String> named(String key) {
    Matcher build = BUILD.matcher(key);
    return build.find() ? Optional.of(build.group(1)) : Optional.empty();
  }

  synchronized Optional<Artifact> locate(String key) throws IOException {
    Optional<String> build = named(key);
    if (build.isPresent()) {
      return Optional.ofNullable(of(build.get()).get(key));
    }
    if (!own.isEmpty() && of(own).containsKey(key)) {
      return Optional.ofNullable(of(own).get(key));
    }
    readCatalogues();
    Artifact there = told.get(key);
    if (there != null) {
      return Optional.of(there);
    }
    for (Build each : builds.recent()) {
      Artifact found = of(each.id()).get(key);
      if (found != null && each.mayHold().test(key)) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  /// All blobs below a prefix, each in the newest build that has it and may have it.
  synchronized Map<String, Artifact> below(String prefix) throws IOException {
    Map<String, Artifact> all = new LinkedHashMap<>();
    Optional<String> build = named(prefix);
    if (build.isPresent()) {
      add(all, build.get(), prefix, key -> true);
      return all;
    }
    List<Build> recent = builds.recent();
    for (Build each : recent) {
      add(all, each.id(), prefix, each.mayHold());
    }
    if (!own.isEmpty() && recent.stream().noneMatch(b -> b.id().equals(own))) {
      add(all, own, prefix, key -> true);
    }
    return all;
  }

  /// This build holds more than when it was asked.
  synchronized void changed() {
    shelves.remove(own);
  }

  /// What this build's own jobs published.
  synchronized Map<String, Artifact> own() throws IOException {
    return Map.copyOf(of(own));
  }

  /// @param unique a job may leave several
  static String catalogue(String job, String unique) {
    return TOP + CATALOGUES + job + "-" + unique + ".json";
  }

  static boolean isCatalogue(String key) {
    return key.startsWith(CATALOGUES);
  }

  private void add(
      Map<String, Artifact> all, String build, String prefix, Predicate<String> mayHold)
      throws IOException {
    of(build)
        .forEach(
            (key, artifact) -> {
              boolean here = named(key).orElse(build).equals(build);
              boolean below = prefix.isEmpty() || key.startsWith(prefix + "/");
              if (here && below && !isCatalogue(key) && mayHold.test(key)) {
                all.putIfAbsent(key, artifact);
              }
            });
  }

  private Map<String, Artifact> of(String build) throws IOException {
    Map<String, Artifact> shelf = shelves.get(build);
    if (shelf == null) {
      shelf = new LinkedHashMap<>();
      for (Artifact each : artifacts.find(build, TOP + "**")) {
        if (each.path().startsWith(TOP) && Keys.valid(each.path().substring(TOP.length()))) {
          shelf.putIfAbsent(each.path().substring(TOP.length()), each);
        }
      }
      shelves.put(build, shelf);
    }
    return shelf;
  }

  /// Those of the builds that were asked so far. None says where a key lies that names its build.
  private void readCatalogues() throws IOException {
    for (Map<String, Artifact> shelf : new ArrayList<>(shelves.values())) {
      for (Map.Entry<String, Artifact> each : shelf.entrySet()) {
        if (isCatalogue(each.getKey())
            && each.getValue().size() <= Catalogue.LARGEST
            && catalogued.add(each.getValue().id())) {
          for (Place place : Catalogue.read(bytes(each.getValue()))) {
            Artifact artifact = place.artifact(TOP + place.key());
            if (artifact != null && named(place.key()).isEmpty()) {
              told.putIfAbsent(place.key(), artifact);
            }
          }
        }
      }
    }
  }

  private byte[] bytes(Artifact artifact) throws IOException {
    try (SeekableByteChannel channel = downloads.open(artifact)) {
      return Channels.newInputStream(channel).readAllBytes();
    }
  }
}
