package dev.bakehouse.vm;

import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What stands beside the lock of each slot: `N.vm` names the VM its lease is bound to.
///
/// The lock file itself is never read or written, for closing it would drop the lock.
public final class SlotFiles {
  private SlotFiles() {}

  /// The slot of each VM that has one.
  public static Map<String, Integer> slots(Path directory) {
    Map<String, Integer> slots = new HashMap<>();
    try {
      for (String file : Trees.names(directory)) {
        if (file.matches("[0-9]+\\.vm")) {
          int slot = Integer.parseInt(file.substring(0, file.length() - 3));
          bound(directory, slot).ifPresent(vm -> slots.put(vm, slot));
        }
      }
    } catch (IOException e) {
      throw new UserError(
          "Could not read " + directory + ": " + Reason.of(e), "Check its mode.", e);
    }
    return slots;
  }

  /// How many wait for a slot, in all processes.
  public static int waiting(Path directory) {
    try {
      return (int)
          Trees.names(directory.resolve("queue")).stream()
              .filter(ticket -> holder(ticket).flatMap(Identity::alive).isPresent())
              .count();
    } catch (IOException e) {
      throw new UserError(
          "Could not read " + directory + ": " + Reason.of(e), "Check its mode.", e);
    }
  }

  /// What the holder of a ticket wishes for; nothing when the ticket is gone.
  static Optional<String> wish(Path ticket) {
    try {
      return Optional.of(Files.readString(ticket));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<String> bound(Path directory, int slot) {
    try {
      return Optional.of(Files.readString(directory.resolve(slot + ".vm")).strip())
          .filter(name -> !name.isEmpty());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static void bind(Path directory, int slot, String vm) throws IOException {
    Path draft = directory.resolve(slot + ".vm.new");
    Files.writeString(draft, vm + "\n");
    Files.move(draft, directory.resolve(slot + ".vm"), StandardCopyOption.ATOMIC_MOVE);
  }

  static void unbind(Path directory, int slot) throws IOException {
    Files.deleteIfExists(directory.resolve(slot + ".vm"));
  }

  /// The process a name of the form `WORD-PID-STARTED-COUNT` stands for: tickets of the queue,
  /// drafts and remains of VMs.
  public static Optional<Identity> holder(String ticket) {
    String[] words = ticket.split("-");
    try {
      return Optional.of(new Identity(Long.parseLong(words[1]), Long.parseLong(words[2])));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }
}
