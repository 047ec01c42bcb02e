package dev.bakehouse.vm;

import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `STATE/vms`: one directory a VM, `vm.json` in each.
///
/// A directory appears by a rename when complete, and goes by a rename before it is deleted: no one
/// ever sees half a VM. Names that start with a dot are such drafts and remains; they hold the
/// identity of the process at work on them.
public final class VmHome {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final AtomicLong COUNT = new AtomicLong();

  private final Path root;

  public VmHome(Path state) {
    this.root = state.toAbsolutePath().resolve("vms");
  }

  public Path directory(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new UserError(
          "`" + name + "` can not be the name of a VM",
          "Use up to 100 letters, digits, dots, dashes, underscores; start with a letter or digit.");
    }
    return root.resolve(name);
  }

  /// A new draft directory, for [#publish].
  public Path draft() throws IOException {
    return Trees.make(Trees.make(root).resolve(mine("new")));
  }

  /// Gives a finished draft its name.
  ///
  /// @throws UserError when there is a VM of that name
  public void publish(Path draft, VmRecord record) throws IOException {
    write(draft, record);
    try {
      Files.move(draft, directory(record.name()), StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
      throw exists(record.name(), e);
    } catch (IOException e) {
      if (Files.exists(directory(record.name()))) {
        throw exists(record.name(), e);
      }
      throw e;
    }
  }

  public static void write(Path directory, VmRecord record) throws IOException {
    Path draft = directory.resolve("vm.json.new");
    Files.write(draft, JSON.writeValueAsBytes(record));
    Files.move(draft, directory.resolve("vm.json"), StandardCopyOption.ATOMIC_MOVE);
  }

  public Optional<VmRecord> read(String name) {
    try {
      byte[] json = Files.readAllBytes(directory(name).resolve("vm.json"));
      return Optional.of(JSON.readValue(json, VmRecord.class));
    } catch (IOException | JacksonException e) {
      return Optional.empty();
    }
  }

  public List<VmRecord> all() {
    try {
      return Trees.names(root).stream()
          .filter(n -> NAME.matcher(n).matches())
          .flatMap(n -> read(n).stream())
          .toList();
    } catch (IOException e) {
      throw new UserError("Could not read " + root + ": " + Reason.of(e), "Check its mode.", e);
    }
  }

  /// What `vm list` tells of the VMs of one hypervisor, which is not asked.
  ///
  /// @param identity the file of a VM's directory that identifies its process; there since it ran
  public List<VmInfo> list(String hypervisor, String identity) {
    Map<String, Integer> slots = SlotFiles.slots(root.resolveSibling("slots"));
    return all().stream()
        .filter(r -> r.hypervisor().equals(hypervisor))
        .map(r -> info(r, directory(r.name()).resolve(identity), slots.getOrDefault(r.name(), -1)))
        .toList();
  }

  private static VmInfo info(VmRecord record, Path identity, int slot) {
    long pid = Identity.read(identity).flatMap(Identity::alive).map(ProcessHandle::pid).orElse(0L);
    boolean ran = Files.exists(identity);
    Instant started = record.created();
    if (ran) {
      try {
        started = Files.getLastModifiedTime(identity).toInstant();
      } catch (IOException e) {
        // It went away meanwhile; its creation is the best answer.
      }
    }
    String state = pid > 0 ? "running" : ran ? "stopped" : "created";
    return new VmInfo(
        record.name(), state, record.image().name(), record.ownerText(), slot, pid, started);
  }

  /// Takes a VM away, if the name still means this very VM. Only one process does it, and an
  /// interrupted thread does it whole.
  ///
  /// @param end ends its processes; gets its directory
  /// @param target where the directory goes, or empty to delete it
  /// @return whether it was there
  public boolean take(VmRecord record, Consumer<Path> end, Optional<Path> target) {
    return Threads.uninterrupted(() -> takeNow(record, end, target));
  }

  private boolean takeNow(VmRecord record, Consumer<Path> end, Optional<Path> target) {
    Path directory = directory(record.name());
    Path dead = root.resolve(mine("dead"));
    boolean mine =
        locked(
            () -> {
              if (!owns(record)) {
                return false;
              }
              end.accept(directory);
              Files.move(directory, target.orElse(dead), StandardCopyOption.ATOMIC_MOVE);
              return true;
            });
    if (mine && target.isEmpty()) {
      remove(dead);
    }
    return mine;
  }

  /// A VM's FIFO for [Guardian#heir], in its directory.
  public static Path heir(Path directory) {
    return directory.resolve("heir");
  }

  /// Whether the name still means this very VM, of the same owner.
  public boolean owns(VmRecord record) {
    return read(record.name()).filter(record::same).isPresent();
  }

  /// Lets a VM of this process wait for an heir, see [Vm#standBy].
  public VmRecord standBy(VmRecord record, String key) {
    VmRecord waiting = record.standingBy(key);
    if (!rewrite(record, waiting)) {
      throw new UserError("The VM " + record.name() + " is gone", "Make another one.");
    }
    return waiting;
  }

  private boolean rewrite(VmRecord old, VmRecord next) {
    return locked(
        () -> {
          boolean mine = owns(old);
          if (mine) {
            write(directory(old.name()), next);
          }
          return mine;
        });
  }

  /// A VM that this process has taken over.
  ///
  /// @param hold keeps it alive, beside its owner before until that one lets go
  public record Inherited(VmRecord record, Channel hold) {}

  /// Takes over a VM that waits.
  ///
  /// @return nothing when it is gone, or another's
  public Optional<Inherited> inherit(VmRecord waiting) {
    try {
      Channel hold = Guardian.inherit(heir(directory(waiting.name())));
      VmRecord mine = waiting.startedFor(Processes.self(), false);
      if (waiting.waits() && rewrite(waiting, mine)) {
        return Optional.of(new Inherited(mine, hold));
      }
      hold.close();
    } catch (IOException e) {
      // Its directory went away.
    }
    return Optional.empty();
  }

  /// Deletes drafts and remains, of VMs and of templates, of processes that died over them.
  void sweepDrafts() throws IOException {
    for (Path parent : List.of(root, root.resolveSibling("templates"))) {
      for (String name : Trees.names(parent)) {
        boolean left = name.startsWith(".new-") || name.startsWith(".dead-");
        if (left && SlotFiles.holder(name).filter(who -> who.alive().isEmpty()).isPresent()) {
          remove(parent.resolve(name));
        }
      }
    }
  }

  /// Runs with the directory's lock, the same for all processes.
  private boolean locked(IoBoolean work) {
    if (!Files.isDirectory(root)) {
      return false;
    }
    try (ExclusiveLock _ = ExclusiveLock.on(root.resolve(".lock"))) {
      return work.get();
    } catch (IOException e) {
      throw new UserError("Could not change a VM below " + root + ": " + e, "Check its mode.", e);
    }
  }

  private static void remove(Path directory) {
    try {
      Trees.delete(directory);
    } catch (IOException e) {
      throw new UserError(
          "Could not remove " + directory + ": " + Reason.of(e), "Remove it by hand.", e);
    }
  }

  /// The name of a draft (`new`) or of remains (`dead`) this process works on.
  public static String mine(String kind) {
    Identity self = Processes.self();
    return "." + kind + "-" + self.pid() + "-" + self.started() + "-" + COUNT.incrementAndGet();
  }

  private static UserError exists(String name, IOException cause) {
    return new UserError(
        "There is a VM named " + name + " already",
        "Choose another name, or `bakehouse vm delete " + name + "` first.",
        cause);
  }

  private interface IoBoolean {
    boolean get() throws IOException;
  }
}
