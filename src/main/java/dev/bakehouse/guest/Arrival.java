package dev.bakehouse.guest;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Posix;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/// What a guest sends for a directory of this machine. It may be anything, so it is unpacked in an
/// empty directory inside, where no link leads out, and moved to its places only when all of it was
/// asked for and no symbolic link is in the way.
final class Arrival implements AutoCloseable {
  private static final int OWNERS = 0700;

  /// None that makes others' files somebody's.
  private static final int MODES = 01777;

  private final Path to;
  private final Path fresh;
  private final Duration deadline;
  private Optional<Manifest.Entry> top = Optional.empty();

  Arrival(Path to, Duration deadline) {
    this.to = to;
    this.deadline = deadline;
    try {
      this.fresh = Files.createTempDirectory(to, ".bakehouse-");
    } catch (IOException e) {
      throw failed(e.toString(), e);
    }
  }

  static List<String> unpacking() {
    return List.of("tar", "-x", "-p", "--no-same-owner", "-f", "-");
  }

  /// @param sender writes the archive
  void unpack(Consumer<OutputStream> sender) {
    Process tar = Command.of(unpacking()).in(fresh).start();
    try {
      try (OutputStream into = tar.getOutputStream()) {
        sender.accept(into);
      } catch (IOException e) {
        // Told by its status.
      }
      FileCopy.end(tar, "writing " + to, deadline);
    } finally {
      Processes.killTree(tar.toHandle());
      tar.onExit().join();
    }
    here(fresh, taming());
  }

  /// @param mine what lies in the directory
  /// @param remove what of it goes first
  void settle(Manifest mine, List<String> remove, Collection<String> asked) {
    byte[] listed = here(fresh, Listing.of(GuestSystem.here()));
    NavigableMap<String, Manifest.Entry> came = new TreeMap<>(Manifest.parse(listed).entries());
    Map<String, Manifest.Entry> there = new HashMap<>(mine.entries());
    remove.forEach(there::remove);
    insist(came, there, new HashSet<>(asked));
    if (!remove.isEmpty()) {
      Command.of(FileCopy.removal()).in(to).input(Manifest.list(remove)).deadline(deadline).check();
    }
    try {
      move(came, there);
      top = Optional.ofNullable(came.get(""));
    } catch (IOException e) {
      throw failed(String.valueOf(e.getMessage()), e);
    }
  }

  private static void insist(
      Map<String, Manifest.Entry> came, Map<String, Manifest.Entry> there, Set<String> asked) {
    came.forEach(
        (path, entry) -> {
          Manifest.Entry before = there.get(path);
          if (!entry.copied()) {
            throw refused(path, "which is no file, directory or symbolic link");
          }
          if (!path.isEmpty() && !asked.contains(path)) {
            throw refused(path, "which nobody asked for");
          }
          if (before != null && entry.directory() != before.directory()) {
            throw refused(path, "where something of another type lies");
          }
        });
  }

  /// A directory that is not there yet moves with all in it.
  private void move(NavigableMap<String, Manifest.Entry> came, Map<String, Manifest.Entry> there)
      throws IOException {
    String source = RawEnvironment.raw(fresh.toAbsolutePath() + "/");
    String target = RawEnvironment.raw(to.toAbsolutePath() + "/");
    Set<String> moved = new HashSet<>();
    Deque<Map.Entry<String, Manifest.Entry>> directories = new ArrayDeque<>();
    for (Map.Entry<String, Manifest.Entry> each : came.entrySet()) {
      String path = each.getKey();
      if (moved.contains(path.substring(0, Math.max(0, path.lastIndexOf('/'))))) {
        moved.add(path);
        continue;
      }
      boolean merged = path.isEmpty() || (each.getValue().directory() && there.containsKey(path));
      if (each.getValue().directory()) {
        Posix.mode((merged ? target : source) + path, mode(each.getValue()) | OWNERS);
        if (merged) {
          Posix.mode(source + path, OWNERS);
        }
        directories.push(each);
      }
      if (!merged) {
        Posix.rename(source + path, target + path);
        moved.add(path);
      }
    }
    for (Map.Entry<String, Manifest.Entry> each : directories) {
      Posix.mode(target + each.getKey(), mode(each.getValue()));
      Posix.time(target + each.getKey(), nanoseconds(each.getValue()));
    }
  }

  private static int mode(Manifest.Entry entry) {
    return Integer.parseInt(entry.mode(), 8) & MODES;
  }

  private static long nanoseconds(Manifest.Entry entry) {
    return new BigDecimal(entry.mtime()).movePointRight(9).longValue();
  }

  /// What a guest made may not run as somebody else here: no file keeps a set-id bit.
  private static List<String> taming() {
    return List.of(
        "find", ".", "-xdev", "-type", "f", "(", "-perm", "-4000", "-o", "-perm", "-2000", ")",
        "-exec", "chmod", "ug-s", "{}", "+");
  }

  private byte[] here(Path directory, List<String> argv) {
    return Command.of(argv).in(directory).deadline(deadline).check().out();
  }

  private static UserError refused(String path, String why) {
    return new UserError(
        "The guest sent `" + Posix.shown(path) + "`, " + why + "; nothing was copied",
        "Try again; if it stays so, look at what the job does to its directory.");
  }

  private UserError failed(String why, IOException e) {
    return new UserError(
        "Copying files failed while writing " + to + ": " + why,
        "Check the directory's modes and the free space.",
        e);
  }

  /// What was not moved goes, which changes the time of the directory it is in.
  @Override
  public void close() {
    Command.of("chmod", "-R", "u+rwx", fresh.toAbsolutePath().toString()).deadline(deadline).run();
    here(to, List.of("rm", "-rf", "--", fresh.toAbsolutePath().toString()));
    if (top.isPresent()) {
      try {
        Posix.time(RawEnvironment.raw(to.toAbsolutePath() + "/"), nanoseconds(top.get()));
      } catch (IOException e) {
        throw failed(String.valueOf(e.getMessage()), e);
      }
    }
  }
}
