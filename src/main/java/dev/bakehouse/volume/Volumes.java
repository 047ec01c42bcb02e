package dev.bakehouse.volume;

import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Holes;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.SlotFiles;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmHome;
import dev.bakehouse.vm.VolumeDisks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/// `STATE/volumes`: a directory for each volume, with `volume.json` and the files of its newest
/// generation. Nothing counts that `volume.json` does not name, so a process may be killed
/// anywhere.
///
/// What takes long (copying, waiting for the disk) happens in drafts, `.new-PID-STARTED-N`; the
/// lock of all volumes is only held to link, rename and delete. VMs and publications have their
/// files by hard links, so that no volume has to be kept for them.
public final class Volumes {
  private static final String USED = "used";
  private static final String PIN = "pinned";
  private static final String DRAFT = "new";

  /// Reading through more files costs more than copying them into one now and then.
  private static final int MOST_LAYERS = 8;

  private final Path root;

  public Volumes(Path state) {
    this.root = state.toAbsolutePath().resolve("volumes");
  }

  /// Puts the newest generation of the first volume that there is into a VM, before its start; a
  /// new, empty disk when there is none of them.
  ///
  /// @throws IOException when this host can not do it
  public Optional<Volume> attach(Vm vm, List<VolumeKey> keys) throws IOException {
    Trees.make(root);
    try (ExclusiveLock _ = lock()) {
      for (VolumeKey key : keys) {
        Path directory = root.resolve(key.name());
        Optional<VolumeFile> file = VolumeFile.read(directory).filter(f -> whole(directory, f));
        if (file.isPresent()) {
          vm.attach(file.get().layers().stream().map(directory::resolve).toList());
          touch(directory.resolve(USED));
          return Optional.of(volume(directory, file.get()));
        }
      }
    }
    vm.attach(List.of());
    return Optional.empty();
  }

  /// Takes the disk of a VM whose guest has let go of it. The VM has ended then.
  ///
  /// @throws IOException when the disk can not be trusted
  public Taken take(Vm vm, VolumeDisks disks) throws IOException {
    vm.settle();
    Path draft = draft();
    try {
      return new Taken(this, draft, vm.handOver(draft, UUID.randomUUID() + disks.suffix()));
    } catch (IOException | RuntimeException e) {
      Trees.delete(draft);
      throw e;
    }
  }

  /// Makes files the newest generation of a volume. The caller has the lock.
  ///
  /// @param layers names of the files, which are on the disk
  Volume keep(Path from, List<String> layers, VolumeKey key, String build) throws IOException {
    Path directory = Trees.make(root.resolve(key.name()));
    long before = VolumeFile.read(directory).map(VolumeFile::generation).orElse(0L);
    link(from, layers, directory);
    VolumeFile file =
        new VolumeFile(
            VolumeFile.VERSION,
            key.scope(),
            key.step(),
            key.kinds(),
            layers,
            before + 1,
            build,
            Instant.now(),
            Map.of());
    file.write(directory);
    touch(directory.resolve(USED));
    tidy(directory, file);
    return volume(directory, file);
  }

  /// Notes what the store has of a volume, if that is still what it holds.
  void published(VolumeKey key, List<String> layers, Map<String, String> roots) throws IOException {
    try (ExclusiveLock _ = lock()) {
      Path directory = root.resolve(key.name());
      Optional<VolumeFile> file = VolumeFile.read(directory);
      if (file.isPresent() && file.get().layers().getLast().equals(layers.getLast())) {
        file.get().publishedAs(roots).write(directory);
      }
    }
  }

  /// Copies the files of a volume into one when they have become many. Does nothing when the volume
  /// changes meanwhile.
  public void flatten(VolumeKey key, VolumeDisks disks) throws IOException {
    Path directory = root.resolve(key.name());
    Path draft = draft();
    try {
      VolumeFile many;
      try (ExclusiveLock _ = lock()) {
        Optional<VolumeFile> file = VolumeFile.read(directory);
        if (file.isEmpty() || file.get().layers().size() <= MOST_LAYERS) {
          return;
        }
        many = file.get();
        link(directory, many.layers(), draft);
      }
      String one = UUID.randomUUID() + disks.suffix();
      disks.flatten(draft.resolve(many.layers().getLast()), draft.resolve(one));
      Durable.sync(draft.resolve(one));
      try (ExclusiveLock _ = lock()) {
        Optional<VolumeFile> now = VolumeFile.read(directory);
        if (now.isPresent() && now.get().layers().equals(many.layers())) {
          link(draft, List.of(one), directory);
          VolumeFile flat = now.get().with(List.of(one));
          flat.write(directory);
          tidy(directory, flat);
        }
      }
    } finally {
      Trees.delete(draft);
    }
  }

  /// All there are, the least recently used first.
  public List<Volume> list() {
    try {
      List<Volume> all = new ArrayList<>();
      for (String name : Trees.names(root)) {
        Path directory = root.resolve(name);
        if (!name.startsWith(".")) {
          VolumeFile.read(directory).map(f -> volume(directory, f)).ifPresent(all::add);
        }
      }
      all.sort(Comparator.comparing(Volume::used));
      return all;
    } catch (IOException e) {
      throw failed("list", e);
    }
  }

  /// Keeps a volume from being pruned, or no longer.
  public void pin(String name, boolean pinned) {
    try (ExclusiveLock _ = lock()) {
      Path directory = require(name);
      if (pinned) {
        touch(directory.resolve(PIN));
      } else {
        Files.deleteIfExists(directory.resolve(PIN));
      }
    } catch (IOException e) {
      throw failed("pin", e);
    }
  }

  /// Deletes a volume, pinned or not.
  public void delete(String name) {
    try (ExclusiveLock _ = lock()) {
      drop(require(name));
    } catch (IOException e) {
      throw failed("delete", e);
    }
  }

  /// Deletes the least recently used volumes, none that is pinned, until the others fit.
  ///
  /// @param budget bytes for all of them
  /// @return those that were deleted
  public List<Volume> prune(long budget) {
    List<Volume> gone = new ArrayList<>();
    if (!Files.isDirectory(root)) {
      return gone;
    }
    try (ExclusiveLock _ = lock()) {
      List<Volume> all = list();
      long bytes = all.stream().mapToLong(Volume::bytes).sum();
      for (Volume volume : all) {
        if (bytes > budget && !volume.pinned()) {
          drop(root.resolve(volume.name()));
          bytes -= volume.bytes();
          gone.add(volume);
        }
      }
      return gone;
    } catch (IOException e) {
      throw failed("prune", e);
    }
  }

  /// Deletes what killed processes left.
  public void sweep() {
    if (!Files.isDirectory(root)) {
      return;
    }
    try (ExclusiveLock _ = lock()) {
      for (String name : Trees.names(root)) {
        Path path = root.resolve(name);
        boolean draft = name.startsWith("." + DRAFT + "-");
        if (draft && SlotFiles.holder(name).filter(p -> p.alive().isPresent()).isEmpty()) {
          Trees.delete(path);
        } else if (!name.startsWith(".")) {
          Optional<VolumeFile> file = VolumeFile.read(path);
          if (file.isPresent()) {
            tidy(path, file.get());
          } else {
            Trees.delete(path);
          }
        }
      }
    } catch (IOException e) {
      throw failed("clean up", e);
    }
  }

  ExclusiveLock lock() {
    return ExclusiveLock.on(root.resolve(".lock"));
  }

  Path root() {
    return root;
  }

  private Path draft() throws IOException {
    return Trees.make(Trees.make(root).resolve(VmHome.mine(DRAFT)));
  }

  private static void link(Path from, List<String> names, Path to) throws IOException {
    for (String name : names) {
      if (!Files.exists(to.resolve(name))) {
        Files.createLink(to.resolve(name), from.resolve(name));
      }
    }
    Durable.sync(to);
  }

  /// A volume first loses its name, then the rest: what is left then is a leftover.
  private static void drop(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(VolumeFile.NAME));
    Trees.delete(directory);
  }

  private static void tidy(Path directory, VolumeFile file) throws IOException {
    Set<String> known = Set.copyOf(file.layers());
    for (String name : Trees.names(directory)) {
      boolean own = List.of(VolumeFile.NAME, USED, PIN).contains(name);
      if (!own && !known.contains(name)) {
        Files.deleteIfExists(directory.resolve(name));
      }
    }
  }

  private static boolean whole(Path directory, VolumeFile file) {
    return file.layers().stream().allMatch(name -> Files.isRegularFile(directory.resolve(name)));
  }

  private static Volume volume(Path directory, VolumeFile file) {
    return new Volume(
        String.valueOf(directory.getFileName()),
        file.key(),
        file.generation(),
        file.build(),
        file.kept(),
        file.published(),
        used(directory, file),
        Files.exists(directory.resolve(PIN)),
        file.layers().size(),
        file.layers().stream().mapToLong(name -> allocated(directory.resolve(name))).sum());
  }

  private static Instant used(Path directory, VolumeFile file) {
    try {
      return Files.getLastModifiedTime(directory.resolve(USED)).toInstant();
    } catch (IOException e) {
      return file.kept();
    }
  }

  private static long allocated(Path file) {
    try (Holes holes = Holes.open(file)) {
      return holes.data(0, Files.size(file));
    } catch (IOException e) {
      return 0;
    }
  }

  private static void touch(Path file) throws IOException {
    if (!Files.exists(file)) {
      Files.createFile(file);
    }
    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
  }

  private Path require(String name) {
    Path directory = root.resolve(name);
    if (name.startsWith(".")
        || !root.equals(directory.getParent())
        || VolumeFile.read(directory).isEmpty()) {
      throw new UserError(
          "There is no cache volume named " + name, "`bakehouse cache volumes` lists all.");
    }
    return directory;
  }

  private UserError failed(String what, IOException e) {
    return new UserError(
        "Could not " + what + " the cache volumes in " + root + ": " + e.getMessage(),
        "Check the directory's owner, mode and space.",
        e);
  }
}
