package dev.bakehouse.job;

import dev.bakehouse.cache.Kind;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.platform.BoundedBuffer;
import dev.bakehouse.platform.ProgramFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Scanner;

/// A cache volume as a Linux guest sees it: the disk with the serial number `cache`, or where disks
/// have none the one of its size that nobody uses; an ext4 file system mounted at `CACHE_PATH`.
///
/// It has no journal: one that was not unmounted is never used again.
final class GuestVolume {
  /// Any process of the job can write into the answer.
  private static final int LONGEST = 1 << 12;

  private static final Duration REHEARSAL = Duration.ofMinutes(1);

  private final Path at;

  GuestVolume(Path at) {
    this.at = at;
  }

  /// What is on the disk: nothing, a generation, or one that is to go; nothing again, and nothing
  /// is to be put there.
  enum Disk {
    EMPTY,
    KEPT,
    USELESS,
    REHEARSAL
  }

  /// What came of [#mount].
  sealed interface Mounted {
    /// @param seconds of the guest's clock just then, since the epoch: to ask for it takes as long
    ///   as a mount
    record At(long seconds) implements Mounted {}

    /// Nothing is mounted: the file system on the disk is of no use.
    record Useless(String why) implements Mounted {}
  }

  /// A way to have the guest run perl as root.
  interface Perl {
    /// @return what it printed
    String run(String code, List<String> args) throws IOException;
  }

  /// @throws IOException when the guest can not do it
  Mounted mount(Perl guests, Disk disk, long size) throws IOException {
    String said = guests.run(program("mount"), arguments(at.toString(), disk, size)).strip();
    return said.matches("mounted at [0-9]{1,12}")
        ? new Mounted.At(Long.parseLong(said.substring(said.lastIndexOf(' ') + 1)))
        : new Mounted.Useless(said);
  }

  /// Has the guest do all that [#mount] is, with a disk that has nothing on it: what it then has in
  /// memory and, in emulation, its code translated, makes half of a young guest's first mount.
  ///
  /// @throws UserError when the guest can not do it
  static void rehearse(Machine machine, long size) {
    String path = machine.paths().system().path();
    List<String> args = arguments("/mnt", Disk.REHEARSAL, size);
    // By no other way: a run in the guest has a name, and the VM's heir counts anew.
    String _ = machine.control().perl("root", path, program("mount"), args, REHEARSAL);
  }

  private static List<String> arguments(String at, Disk disk, long size) {
    String state = disk.name().toLowerCase(Locale.ROOT);
    return List.of(at, GuestSystem.USER, state, Long.toString(size / 512));
  }

  /// How a volume was let go of.
  ///
  /// @param used a process of the job still had it
  /// @param emptied it was nearly full, and nothing is on it any more
  record Seal(boolean used, boolean emptied) {}

  /// Lets go of the volume with nothing on it but some caches.
  ///
  /// @throws IOException when the guest could not do it, or found the file system damaged; the
  ///   volume must not be kept
  Seal seal(Machine machine, List<Kind> kinds) throws IOException {
    List<String> args = new ArrayList<>(List.of(at.toString()));
    kinds.forEach(kind -> args.add(Path.of(kind.path()).normalize().toString()));
    String said = machine.own().perl("root", program("seal"), args);
    return new Seal(said.contains("frozen"), said.contains("emptied"));
  }

  /// What came of [#add].
  record Added(long files, long bytes) {}

  /// Puts files among those of a cache on the mounted volume, while jobs use it: each in one step,
  /// none over a newer one, and none more when the volume fills up.
  ///
  /// @param tar may end anywhere: what came whole is there
  /// @throws IOException when the guest could not do it; what came whole is there likewise
  Added add(Machine machine, Kind kind, InputStream tar) throws IOException {
    BoundedBuffer said = new BoundedBuffer("what the guest said of it", LONGEST);
    machine.run(adding(kind), tar, said);
    try (Scanner numbers = new Scanner(new String(said.bytes(), StandardCharsets.US_ASCII))) {
      return new Added(numbers.nextLong(), numbers.nextLong());
    } catch (NoSuchElementException e) {
      throw new IOException("the guest did not say what it added", e);
    }
  }

  /// The argument list for it.
  List<String> adding(Kind kind) {
    return List.of("perl", "-e", program("add"), kind.under(at).toString());
  }

  /// What a guest that is to be quick should have compiled.
  static List<String> programs() {
    return List.of(program("mount"), program("seal"));
  }

  private static String program(String part) {
    return ProgramFiles.text(GuestVolume.class, "volume.pl")
        + ProgramFiles.text(GuestVolume.class, "volume-" + part + ".pl");
  }
}
