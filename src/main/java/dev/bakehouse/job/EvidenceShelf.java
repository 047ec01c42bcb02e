package dev.bakehouse.job;

import dev.bakehouse.config.OperationsSettings;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// What failed jobs left on this host, a directory for each: `STATE/evidence/JOB`. It goes when it
/// is old, and the oldest goes when all of it takes up too much.
public final class EvidenceShelf {
  static final String NAME = "evidence";

  private final Path directory;
  private final OperationsSettings.Evidence rules;

  public EvidenceShelf(HostSettings settings) {
    this(settings.state(), settings.operations().evidence());
  }

  EvidenceShelf(Path state, OperationsSettings.Evidence rules) {
    this.directory = state.resolve(NAME);
    this.rules = rules;
  }

  /// Where a job's lies, or will.
  Path of(String job) {
    return directory.resolve(job.replaceAll("[^A-Za-z0-9-]", "_"));
  }

  /// The same, made for its owner alone.
  Path make(String job) {
    Directories.makePrivate(directory);
    return Directories.makePrivate(of(job));
  }

  private record Entry(Path place, Instant changed, long bytes) {}

  /// Removes what is too old or too much.
  public void prune() {
    List<Entry> newestFirst = new ArrayList<>();
    for (Path place : list(directory)) {
      long bytes = list(place).stream().mapToLong(EvidenceShelf::size).sum();
      newestFirst.add(new Entry(place, changed(place), bytes));
    }
    newestFirst.sort(Comparator.comparing(Entry::changed).reversed());
    Instant oldest = Instant.now().minus(rules.keep().orElse(Duration.ZERO));
    long bytes = 0;
    for (Entry entry : newestFirst) {
      bytes += entry.bytes();
      if (bytes > rules.most() || entry.changed().isBefore(oldest)) {
        Directories.delete(entry.place());
      }
    }
  }

  /// The entries of a directory, by name; none where it is no directory.
  static List<Path> list(Path directory) {
    try (Stream<Path> all = Files.list(directory)) {
      return all.sorted().toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    } catch (IOException e) {
      throw new UserError("Could not read " + directory + ": " + e, "Check its owner and mode.", e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      // Removed meanwhile.
      return 0;
    }
  }

  private static Instant changed(Path file) {
    try {
      return Files.getLastModifiedTime(file).toInstant();
    } catch (IOException e) {
      return Instant.EPOCH;
    }
  }
}
