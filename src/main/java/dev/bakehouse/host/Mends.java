package dev.bakehouse.host;

import dev.bakehouse.host.Breaker.Mend;
import dev.bakehouse.image.Room;
import dev.bakehouse.job.Connections;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.volume.Volume;
import dev.bakehouse.volume.VolumeSpace;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/// The known mends of a host whose VMs do not start: what a dead owner left running counts against
/// the system's limit of VMs and may hold a slot, and a disk gets full.
final class Mends {
  private static final long MB = 1_000_000;

  private Mends() {}

  static List<Mend> of(HostSettings host, Reaper reaper) {
    return List.of(
        new Mend("end what dead jobs left", () -> orphans(host, reaper)),
        new Mend("make room on the disk", () -> room(host)));
  }

  /// @return what it did
  static List<String> orphans(HostSettings host, Reaper reaper) {
    List<String> ended = reaper.sweep().stream().map(name -> "ended the orphan " + name).toList();
    Connections.sweep(host);
    new VolumeSpace(new Volumes(host.state())).sweep();
    return ended;
  }

  /// Volumes first: they are filled again from the store.
  private static List<String> room(HostSettings host) throws IOException {
    List<String> done = new ArrayList<>();
    long before = Files.getFileStore(host.state()).getUsableSpace();
    Volumes volumes = new Volumes(host.state());
    for (Volume gone : new VolumeSpace(volumes).prune(host.volumeBudget())) {
      done.add("deleted the cache volume " + gone.name());
    }
    Images images = new Images(host);
    Files.createDirectories(images.store().work());
    try (Room.Reserved _ =
        images.store().room().make(0, "run jobs", images.store().work().resolve("room"))) {
      long freed = Files.getFileStore(host.state()).getUsableSpace() - before;
      if (freed > MB) {
        done.add("freed " + freed / MB + " MB of the disk");
      }
    }
    return done;
  }
}
