package dev.bakehouse.volume;

import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.vm.SlotFiles;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/// What volumes, and what of them waits to be saved, take up on the host's disk. Volumes and
/// publications share files by hard links of one name; each file counts once.
public final class VolumeSpace {
  /// What is to stay free on the disk, in bytes.
  static final long LEAST = 2L << 30;

  private final Volumes volumes;
  private final Path root;
  private final Publications publications;
  private final LongSupplier free;

  public VolumeSpace(Volumes volumes) {
    this(volumes, () -> free(volumes.root()));
  }

  /// @param free bytes of the disk that nobody has
  VolumeSpace(Volumes volumes, LongSupplier free) {
    this.volumes = volumes;
    this.root = volumes.root();
    this.publications = new Publications(volumes);
    this.free = free;
  }

  /// Bytes; as many as there can be where nobody tells.
  static long free(Path directory) {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE / 2;
    }
  }

  /// Deletes the least recently used volumes, none that is pinned, until the others fit and the
  /// disk has room.
  ///
  /// @param budget bytes for all of them
  /// @return those that were deleted
  public List<Volume> prune(long budget) {
    List<Volume> gone = new ArrayList<>();
    if (!Files.isDirectory(root)) {
      return gone;
    }
    try (ExclusiveLock _ = volumes.lock()) {
      Map<Volume, Map<String, Long>> left = new LinkedHashMap<>();
      for (Volume volume : volumes.list()) {
        Path directory = root.resolve(volume.name());
        Optional<VolumeFile> file = VolumeFile.sound(directory);
        left.put(volume, sizes(directory, file.map(VolumeFile::layers).orElse(List.of())));
      }
      long limit = Math.min(budget, sum(left.values()) + free.getAsLong() - LEAST);
      while (sum(left.values()) > limit) {
        List<Volume> free = left.keySet().stream().filter(volume -> !volume.pinned()).toList();
        if (free.isEmpty()) {
          break;
        }
        Volume next = free.stream().filter(v -> alone(v, left)).findFirst().orElse(free.getFirst());
        Volumes.drop(root.resolve(next.name()));
        left.remove(next);
        gone.add(next);
      }
      return gone;
    } catch (IOException e) {
      throw volumes.failed("prune", e);
    }
  }

  /// Whether a volume has a file that no other has, so that its end makes room.
  private static boolean alone(Volume volume, Map<Volume, Map<String, Long>> all) {
    Set<String> own = new HashSet<>(all.getOrDefault(volume, Map.of()).keySet());
    all.forEach((other, files) -> own.removeAll(other.equals(volume) ? Set.of() : files.keySet()));
    return !own.isEmpty();
  }

  /// Drops what has waited longest to be saved, until the rest, without what volumes have as well,
  /// fits: while a store is away, jobs go on.
  ///
  /// @param budget bytes
  /// @return ids of those that were dropped; none that is at work
  public List<String> pruneWaiting(long budget) {
    List<String> gone = new ArrayList<>();
    if (!Files.isDirectory(root)) {
      return gone;
    }
    try {
      Set<String> kept = new HashSet<>();
      for (Volume volume : volumes.list()) {
        VolumeFile.sound(root.resolve(volume.name())).ifPresent(f -> kept.addAll(f.layers()));
      }
      Map<Publications.Waiting, Map<String, Long>> left = new LinkedHashMap<>();
      publications
          .layers()
          .forEach(
              (waiting, layers) -> {
                Map<String, Long> own = sizes(publications.files(waiting.id()), layers);
                own.keySet().removeAll(kept);
                left.put(waiting, own);
              });
      for (Publications.Waiting waiting : List.copyOf(left.keySet())) {
        boolean frees = !left.getOrDefault(waiting, Map.of()).isEmpty();
        if (sum(left.values()) > budget && frees && drop(waiting)) {
          left.remove(waiting);
          gone.add(waiting.id());
        }
      }
      return gone;
    } catch (IOException e) {
      throw volumes.failed("prune what waits beside", e);
    }
  }

  private boolean drop(Publications.Waiting waiting) throws IOException {
    Optional<Publications.Work> taken = publications.take(waiting);
    if (taken.isEmpty()) {
      return false;
    }
    try (Publications.Work work = taken.get()) {
      work.drop();
      return true;
    }
  }

  private static Map<String, Long> sizes(Path directory, List<String> layers) {
    Map<String, Long> sizes = new HashMap<>();
    layers.forEach(layer -> sizes.put(layer, VolumeFile.allocated(directory.resolve(layer))));
    return sizes;
  }

  private static long sum(Collection<Map<String, Long>> each) {
    Map<String, Long> all = new HashMap<>();
    each.forEach(all::putAll);
    return all.values().stream().mapToLong(Long::longValue).sum();
  }

  /// Deletes what killed processes left; another time when somebody is at work on volumes.
  public void sweep() {
    if (!Files.isDirectory(root)) {
      return;
    }
    Optional<ExclusiveLock> lock = ExclusiveLock.tryOn(volumes.lockFile());
    if (lock.isEmpty()) {
      return;
    }
    try (ExclusiveLock _ = lock.get()) {
      for (String name : Trees.names(root)) {
        sweep(name);
      }
      publications.sweep();
    } catch (IOException e) {
      throw volumes.failed("clean up", e);
    }
  }

  /// What can not be read stays: the next Bakehouse, or a sound disk, may be able to.
  private void sweep(String name) throws IOException {
    Path path = root.resolve(name);
    if (name.startsWith(Volumes.DRAFT)) {
      if (SlotFiles.holder(name).filter(p -> p.alive().isPresent()).isEmpty()) {
        Trees.delete(path);
      }
    } else if (!name.startsWith(".")) {
      Optional<VolumeFile> file = VolumeFile.sound(path);
      if (file.isPresent()) {
        Volumes.tidy(path, file.get());
      } else if (Files.notExists(path.resolve(VolumeFile.NAME))) {
        Trees.delete(path);
      }
    }
  }
}
