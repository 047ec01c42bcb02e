package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.bakehouse.platform.BoundedBuffer;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Copies directories between this machine and a guest: modes, symbolic and hard links, empty
/// directories, times to the nanosecond, any file name the target's file system takes. Only what
/// differs crosses, as one tar stream; what the source does not have is removed from the target.
/// macOS's tar leaves the time of the target directory itself.
public final class FileCopy {
  private static final byte[] NOTHING = {};
  private static final int LONGEST = 1 << 28;
  private static final int COMPLAINT = 1 << 20;
  private static final AtomicLong RUNS = new AtomicLong();

  private final Ssh ssh;
  private final Control control;
  private final GuestSystem system;
  private final Duration deadline;

  /// What a copy did.
  ///
  /// @param copied entries that crossed, directories included
  /// @param removed entries removed from the target
  public record Copied(int copied, int removed) {}

  /// @param system of the guest
  /// @param deadline for each copy
  public FileCopy(Ssh ssh, Control control, GuestSystem system, Duration deadline) {
    this.ssh = ssh;
    this.control = control;
    this.system = system;
    this.deadline = deadline;
  }

  /// Makes the guest's directory equal to one of this machine.
  ///
  /// @param without paths relative to it that count as not being there
  public Copied send(Path from, String to, Path... without) {
    guest("/", List.of("mkdir", "-p", "--", to), NOTHING);
    Manifest mine = Manifest.parse(here(from, Listing.of(GuestSystem.here(), without), NOTHING));
    if (system == GuestSystem.DARWIN) {
      insistDistinct(mine, from);
    }
    Manifest theirs = Manifest.parse(guest(to, Listing.of(system), NOTHING));
    List<String> remove = mine.toRemove(theirs);
    List<String> copy = mine.toCopy(theirs);
    if (!remove.isEmpty()) {
      guest(to, removal(), Manifest.list(remove));
    }
    if (!copy.isEmpty()) {
      Process tar = local(packing(), from, Manifest.list(copy)).start();
      run(to, Arrival.unpacking(), tar.getInputStream(), OutputStream.nullOutputStream());
      end(tar, "reading " + from, deadline);
    }
    return new Copied(copy.size(), remove.size());
  }

  /// Copies a directory of the guest over one of this machine: as this user's files, and what only
  /// this machine has stays.
  public Copied fetch(String from, Path to) {
    try {
      Files.createDirectories(to);
    } catch (IOException e) {
      throw new UserError(
          "Could not make the directory " + to + ": " + e.getMessage(), "Check its parent.", e);
    }
    Manifest theirs = Manifest.parse(guest(from, Listing.of(system), NOTHING));
    Manifest mine = Manifest.parse(here(to, Listing.of(GuestSystem.here()), NOTHING));
    List<String> remove =
        theirs.toRemove(mine).stream().filter(theirs.entries()::containsKey).toList();
    List<String> copy = theirs.toCopy(mine);
    if (!copy.isEmpty()) {
      try (Arrival arrival = new Arrival(to, deadline)) {
        byte[] wanted = Manifest.list(copy);
        arrival.unpack(into -> run(from, packing(), new ByteArrayInputStream(wanted), into));
        arrival.settle(mine, remove, copy);
      }
    }
    return new Copied(copy.size(), remove.size());
  }

  /// A macOS guest's disk takes `A` and `a` for one name, unless it was made otherwise.
  private static void insistDistinct(Manifest mine, Path from) {
    mine.clash()
        .ifPresent(
            both -> {
              throw new UserError(
                  "Could not copy " + from + ": macOS takes " + both + " for one name",
                  "Rename one of them, or use a Linux guest.");
            });
  }

  static List<String> removal() {
    return List.of("xargs", "-0", "rm", "-rf", "--");
  }

  /// For GNU tar and for BSD's.
  static List<String> packing() {
    return List.of(
        "tar",
        "-c",
        "--format=pax",
        "--no-recursion",
        "--numeric-owner",
        "--null",
        "-T",
        "-",
        "-f",
        "-");
  }

  private Command local(List<String> argv, Path dir, byte[] input) {
    return Command.of(argv).in(dir).input(input).env("COPYFILE_DISABLE", "1").deadline(deadline);
  }

  private byte[] here(Path dir, List<String> argv, byte[] input) {
    return local(argv, dir, input).check().out();
  }

  private byte[] guest(String dir, List<String> argv, byte[] input) {
    BoundedBuffer out = new BoundedBuffer("what " + argv.getFirst() + " printed", LONGEST);
    run(dir, argv, new ByteArrayInputStream(input), out);
    return out.bytes();
  }

  private void run(String dir, List<String> argv, InputStream input, OutputStream out) {
    String id = "copy-" + ProcessHandle.current().pid() + "-" + RUNS.incrementAndGet();
    RunSpec spec = RunSpec.of(id, dir, argv.toArray(String[]::new)).apart().withInput();
    List<byte[]> env = new ArrayList<>();
    env.add(("PATH=" + system.path()).getBytes(UTF_8));
    env.add("LC_ALL=C".getBytes(UTF_8));
    env.add("COPYFILE_DISABLE=1".getBytes(UTF_8));
    BoundedBuffer err = new BoundedBuffer("the complaint of " + argv.getFirst(), COMPLAINT);
    RunResult result = ssh.run(spec.env(env), input, out, err, control, deadline);
    if (!(result instanceof RunResult.Finished(Ended.Exited(int code)) && code == 0)) {
      throw new UserError(
          "Copying files failed in the guest's "
              + dir
              + ": "
              + argv.getFirst()
              + " ended with "
              + result
              + ": "
              + new String(err.bytes(), UTF_8).strip(),
          "Check the directory's owner and the free space there.");
    }
  }

  static void end(Process tar, String doing, Duration deadline) {
    try {
      if (!tar.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        tar.destroyForcibly();
      }
      int status = tar.waitFor();
      if (status != 0) {
        String complaint = new String(tar.getErrorStream().readAllBytes(), UTF_8).strip();
        throw new UserError(
            "Copying files failed while " + doing + ": tar ended with " + status + ": " + complaint,
            "Check the directory's modes and the free space.");
      }
    } catch (IOException e) {
      throw new UserError("Copying files failed while " + doing + ": " + e, "Try again.", e);
    } catch (InterruptedException e) {
      tar.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new UserError("Interrupted while " + doing, "Start it again.");
    }
  }
}
