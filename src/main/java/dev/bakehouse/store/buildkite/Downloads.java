package dev.bakehouse.store.buildkite;

import dev.bakehouse.platform.Scratch;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Artifacts as files. Nobody sends a part of one, and packs are read by small ranges, by several
/// threads: so each is fetched once and kept for this process, those last used, 4 GiB in all.
final class Downloads {
  private static final long KEPT = 4L << 30;

  private final Artifacts artifacts;
  private final Path scratch;
  private final Map<String, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);
  private @Nullable Path directory;

  /// @param scratch where this process makes a directory of its own
  Downloads(Artifacts artifacts, Path scratch) {
    this.artifacts = artifacts;
    this.scratch = scratch;
  }

  /// One artifact's file, once it is there.
  private static final class Kept {
    private final Artifact artifact;
    private @Nullable Path file;

    Kept(Artifact artifact) {
      this.artifact = artifact;
    }
  }

  /// A reader that stays on its bytes.
  ///
  /// @throws IOException also when the bytes are not those the uploader told of
  SeekableByteChannel open(Artifact artifact) throws IOException {
    Kept one;
    List<Kept> others;
    Path dir = directory();
    synchronized (kept) {
      one = kept.computeIfAbsent(artifact.id(), _ -> new Kept(artifact));
      others = tooMany(one);
    }
    for (Kept each : others) {
      synchronized (each) {
        if (each.file != null) {
          Files.deleteIfExists(each.file);
          each.file = null;
        }
      }
    }
    synchronized (one) {
      Path file = one.file;
      if (file == null) {
        file = fetch(artifact, dir);
        one.file = file;
      }
      return Files.newByteChannel(file);
    }
  }

  /// This process's own.
  synchronized Path directory() throws IOException {
    Path dir = directory;
    if (dir == null) {
      dir = Scratch.directory(scratch);
      directory = dir;
    }
    return dir;
  }

  /// Takes out what was not used for longest.
  private List<Kept> tooMany(Kept wanted) {
    long sum = kept.values().stream().mapToLong(k -> k.artifact.size()).sum();
    List<Kept> out = new ArrayList<>();
    Iterator<Kept> oldest = kept.values().iterator();
    while (sum > KEPT && oldest.hasNext()) {
      Kept each = oldest.next();
      if (each != wanted) {
        sum -= each.artifact.size();
        out.add(each);
        oldest.remove();
      }
    }
    return out;
  }

  private Path fetch(Artifact artifact, Path dir) throws IOException {
    Path file = Files.createTempFile(dir, "blob", "");
    try {
      artifacts.download(artifact, file);
      artifact.insistOn(file);
      return file;
    } catch (IOException | RuntimeException | Error e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }
}
