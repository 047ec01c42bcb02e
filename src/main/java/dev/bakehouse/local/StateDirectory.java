package dev.bakehouse.local;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A state directory as a whole: whether somebody works in it, and its removal.
public final class StateDirectory {
  private static final Set<String> OURS =
      Set.of(
          "agents",
          "artifacts",
          "breaker.json",
          "cache",
          "checkouts",
          "connections",
          "coordinator",
          "evidence",
          "example",
          "failures",
          "host.env",
          "host.lock",
          "host.log",
          "host.pid",
          "hosts",
          "image-build",
          "image-marks.json",
          "images",
          "logs",
          "mirrors",
          "orders",
          "performance",
          "probe",
          "probe.log",
          "quarantine.json",
          "refresh.json",
          "refresh.lock",
          "refreshed",
          "registry",
          "rollout.json",
          "slots",
          "standby",
          "standby-none",
          "status.json",
          "taken",
          "templates",
          "tests",
          "tools",
          "vms",
          "volumes");

  /// More than a host's agents have, once its owner is gone.
  private static final Duration LONGEST_END = Duration.ofSeconds(90);

  private final Path dir;

  public StateDirectory(Path dir) {
    this.dir = dir;
  }

  /// Removes it with all in it.
  ///
  /// @throws UserError when a coordinator, a host or a VM runs in it, or something in it is not
  ///   ours
  public void remove() {
    if (!Files.isDirectory(dir)) {
      return;
    }
    for (Path entry : list(dir)) {
      String name = String.valueOf(entry.getFileName());
      if (!OURS.contains(name) && !name.startsWith(".debian-")) {
        throw new UserError(
            dir + " holds " + name + ", which is not Bakehouse's",
            "Name a state directory, or remove it by hand.");
      }
    }
    insistIdle();
    for (Path place : places()) {
      for (Path vm : list(place.resolve("vms"))) {
        if (runs(vm.resolve("qemu.id")) || runs(vm.resolve("tart.id"))) {
          throw new UserError(
              "The VM " + vm.getFileName() + " runs in " + place,
              "`bakehouse vm delete " + vm.getFileName() + " --state " + place + "` ends it.");
        }
      }
    }
    Directories.delete(dir);
  }

  /// Waits for the hosts of a fleet that was killed: they end by themselves.
  ///
  /// @throws UserError when a coordinator runs in it, or one of them does not end
  void awaitHosts(Consumer<String> say) {
    insistFree(dir.resolve("coordinator/coordinator.lock"));
    List<Path> locks =
        list(dir.resolve("hosts")).stream().map(host -> host.resolve("host.lock")).toList();
    if (locks.stream().noneMatch(StateDirectory::held)) {
      return;
    }
    say.accept("waiting: the hosts of a run that was killed are ending");
    try {
      var _ =
          Poll.until(
              "their end",
              LONGEST_END,
              () -> Optional.of(true).filter(_ -> locks.stream().noneMatch(StateDirectory::held)));
    } catch (Poll.TimedOut e) {
      locks.forEach(StateDirectory::insistFree);
    }
  }

  /// @throws UserError when a coordinator or a host runs in it
  public void insistIdle() {
    List<Path> locks = new ArrayList<>(List.of(dir.resolve("coordinator/coordinator.lock")));
    places().forEach(place -> locks.add(place.resolve("host.lock")));
    locks.forEach(StateDirectory::insistFree);
  }

  private static void insistFree(Path lock) {
    if (held(lock)) {
      throw new UserError(
          lock.getParent() + " is in use: something of Bakehouse runs there",
          "Stop it first, or name another directory with --state.");
    }
  }

  /// Directories that hosts keep their things in.
  private List<Path> places() {
    List<Path> places = new ArrayList<>(List.of(dir));
    places.addAll(list(dir.resolve("hosts")));
    return places;
  }

  private static boolean runs(Path identity) {
    return Identity.read(identity).flatMap(Identity::alive).isPresent();
  }

  private static boolean held(Path lock) {
    if (!Files.exists(lock)) {
      return false;
    }
    try (FileChannel file = FileChannel.open(lock, StandardOpenOption.WRITE);
        var mine = file.tryLock()) {
      return mine == null;
    } catch (OverlappingFileLockException e) {
      return true;
    } catch (IOException e) {
      throw new UserError("Could not look at " + lock + ": " + e, "Check its owner.", e);
    }
  }

  private static List<Path> list(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(directory)) {
      return all.sorted().toList();
    } catch (IOException e) {
      throw new UserError("Could not read " + directory + ": " + e, "Check its owner.", e);
    }
  }
}
