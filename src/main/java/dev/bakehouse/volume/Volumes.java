package dev.bakehouse.volume;

import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
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
/// What takes long (copying, cloning, waiting for the disk) happens in drafts,
/// `.new-PID-STARTED-N`; the lock of all volumes is only held to link, rename and delete. VMs and
/// publications have their files by hard links, so that no volume has to be kept for them.
public final class Volumes {
  static final String DRAFT = ".new-";
  static final String USED = "used";
  static final String PIN = "pinned";

  /// Reading through more files costs more than copying them into one now and then.
  private static final int MOST_LAYERS = 8;

  private final Path root;

  public Volumes(Path state) {
    this.root = state.toAbsolutePath().resolve("volumes");
  }

  /// The newest generation of the first volume that there is.
  public Optional<Volume> newest(List<VolumeKey> keys) {
    for (VolumeKey key : keys) {
      Path directory = root.resolve(key.name());
      Optional<VolumeFile> file = VolumeFile.sound(directory).filter(f -> f.whole(directory));
      if (file.isPresent()) {
        return Optional.of(file.get().volume(directory));
      }
    }
    return Optional.empty();
  }

  /// Puts a clone of a volume's newest generation into a VM, before its start.
  ///
  /// @return what it got
  /// @throws IOException when this host can not do it; the VM is as before
  public Volume attach(Vm vm, Volume volume) throws IOException {
    Path directory = root.resolve(volume.name());
    Path draft = draft();
    try {
      VolumeFile file;
      try (ExclusiveLock _ = lock()) {
        file =
            VolumeFile.read(directory)
                .orElseThrow(() -> new IOException("the volume " + volume.name() + " is gone"));
        link(directory, file.layers(), draft);
        touch(directory.resolve(USED));
      }
      vm.attach(file.layers().stream().map(draft::resolve).toList());
      return file.volume(directory);
    } finally {
      Trees.delete(draft);
    }
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
    long before = VolumeFile.sound(directory).map(VolumeFile::generation).orElse(0L);
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
    return file.volume(directory);
  }

  /// Notes what the store has of a volume, if that is still what it holds.
  void published(VolumeKey key, List<String> layers, Map<String, String> roots) throws IOException {
    try (ExclusiveLock _ = lock()) {
      Path directory = root.resolve(key.name());
      Optional<VolumeFile> file = VolumeFile.sound(directory).filter(f -> f.holds(layers));
      if (file.isPresent()) {
        file.get().publishedAs(roots).write(directory);
      }
    }
  }

  /// Deletes a volume that turned out to be of no use, unless it has another generation by now.
  public void discard(Volume volume) {
    try (ExclusiveLock _ = lock()) {
      Path directory = root.resolve(volume.name());
      boolean same =
          VolumeFile.sound(directory)
              .filter(f -> f.generation() == volume.generation() && f.kept().equals(volume.kept()))
              .isPresent();
      if (same) {
        drop(directory);
      }
    } catch (IOException e) {
      throw failed("discard one of", e);
    }
  }

  /// As [#discard(Volume)] for one whose disk can not be read: whatever else kept it from a VM, it
  /// may be sound.
  ///
  /// @return whether it was that
  public boolean discardUnreadable(Volume volume) {
    Path directory = root.resolve(volume.name());
    try {
      List<String> layers = VolumeFile.read(directory).map(VolumeFile::layers).orElse(List.of());
      if (layers.isEmpty()) {
        return false;
      }
      try (Blocks blocks = Blocks.open(layers.stream().map(directory::resolve).toList())) {
        Ext4 _ = new Ext4(blocks);
      }
      return false;
    } catch (IOException e) {
      if (!Unreadable.caused(e)) {
        return false;
      }
    }
    discard(volume);
    return true;
  }

  /// As [#discard(Volume)], by what it holds.
  void discard(VolumeKey key, List<String> layers) throws IOException {
    try (ExclusiveLock _ = lock()) {
      Path directory = root.resolve(key.name());
      if (VolumeFile.sound(directory).filter(f -> f.holds(layers)).isPresent()) {
        drop(directory);
      }
    }
  }

  /// Copies the files of a volume into one when they have become many. Does nothing when the volume
  /// changes meanwhile, or the disk has no room for both.
  public void flatten(VolumeKey key, VolumeDisks disks) throws IOException {
    Path directory = root.resolve(key.name());
    Path draft = draft();
    try {
      VolumeFile many;
      try (ExclusiveLock _ = lock()) {
        Optional<VolumeFile> file =
            VolumeFile.sound(directory).filter(f -> f.layers().size() > MOST_LAYERS);
        if (file.isEmpty()
            || VolumeSpace.free(root) < file.get().volume(directory).bytes() + VolumeSpace.LEAST) {
          return;
        }
        many = file.get();
        link(directory, many.layers(), draft);
      }
      String one = UUID.randomUUID() + disks.suffix();
      disks.flatten(draft.resolve(many.layers().getLast()), draft.resolve(one));
      Durable.sync(draft.resolve(one));
      try (ExclusiveLock _ = lock()) {
        Optional<VolumeFile> now = VolumeFile.sound(directory);
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
          VolumeFile.sound(directory).map(f -> f.volume(directory)).ifPresent(all::add);
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

  ExclusiveLock lock() {
    return ExclusiveLock.on(lockFile());
  }

  Path lockFile() {
    return root.resolve(".lock");
  }

  Path root() {
    return root;
  }

  private Path draft() throws IOException {
    return Trees.make(Trees.make(root).resolve(VmHome.mine("new")));
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
  static void drop(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(VolumeFile.NAME));
    Trees.delete(directory);
  }

  static void tidy(Path directory, VolumeFile file) throws IOException {
    Set<String> known = Set.copyOf(file.layers());
    for (String name : Trees.names(directory)) {
      boolean own = List.of(VolumeFile.NAME, USED, PIN).contains(name);
      if (!own && !known.contains(name)) {
        Files.deleteIfExists(directory.resolve(name));
      }
    }
  }

  private static void touch(Path file) throws IOException {
    if (!Files.exists(file)) {
      Files.createFile(file);
    }
    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
  }

  /// One that can not be read may be deleted by its name as well.
  private Path require(String name) {
    Path directory = root.resolve(name);
    if (name.startsWith(".")
        || !root.equals(directory.getParent())
        || !Files.exists(directory.resolve(VolumeFile.NAME))) {
      throw new UserError(
          "There is no cache volume named " + name, "`bakehouse cache volumes` lists all.");
    }
    return directory;
  }

  UserError failed(String what, IOException e) {
    return new UserError(
        "Could not " + what + " the cache volumes in " + root + ": " + Reason.of(e),
        "Check the directory's owner, mode and space.",
        e);
  }
}
