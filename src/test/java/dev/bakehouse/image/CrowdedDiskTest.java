package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A hundred pulls and prunes at random on a disk that is nearly full: a small file system of the
/// test's own, in a mount namespace of its own.
class CrowdedDiskTest {
  private static final int MB = 1 << 20;
  private static final int VERSIONS = 8;

  @TempDir Path dir;

  @Test
  void noImageInUseOrPinnedIsLostAndTheStoreVerifies() throws IOException {
    Path disk = Files.createDirectory(dir.resolve("disk"));
    Fixture origin = new Fixture(dir.resolve("origin"));
    Random random = new Random(1);
    for (int i = 0; i < VERSIONS; i++) {
      Disks.adopt(origin.store, dir, "v" + i, 2 * MB + random.nextInt(3 * MB), 0);
      Digest _ = origin.transfer.push("v" + i, layout(dir, i), List.of("v" + i));
    }
    String script =
        "mount -t tmpfs -o size=13m none \"$1\" || { echo 'can not mount a tmpfs: the test needs"
            + " user namespaces (sysctl kernel.unprivileged_userns_clone=1)' >&2; exit 9; };"
            + " shift; exec \"$@\"";
    List<String> argv =
        new ArrayList<>(List.of("unshare", "-Urm", "sh", "-c", script, "-", disk.toString()));
    argv.addAll(Jvm.of(Crowd.class, dir.toString(), disk.toString()).argv());
    Outcome outcome = Command.of(argv).deadline(Duration.ofMinutes(5)).run();
    assertThat(outcome.status()).as(outcome.text() + outcome.complaint()).isZero();
    Map<String, Integer> counts = new HashMap<>();
    for (String line : outcome.text().lines().toList()) {
      String[] words = line.split(" ");
      counts.put(words[0], Integer.parseInt(words[1]));
    }
    assertThat(counts.get("pulled")).isGreaterThan(20);
    assertThat(counts.get("refused")).isPositive();
    assertThat(counts.get("pruned")).isGreaterThan(20);
  }

  private static Reference layout(Path dir, int version) {
    return Reference.parse("oci:" + dir.resolve("layout") + ":v" + version);
  }

  /// The hundred, on the mounted disk.
  static final class Crowd {
    private static final int STEPS = 100;

    private final Path dir;
    private final ImageStore store;
    private final Transfer transfer;
    private final Random random = new Random(2);
    private final Map<String, ImageLease> leases = new TreeMap<>();
    private final Set<String> pinned = new TreeSet<>();
    private int pulled;
    private int refused;

    private Crowd(Path dir, Path disk) {
      this.dir = dir;
      Fixture host = new Fixture(disk);
      StoreBudget budget = new StoreBudget(Optional.empty(), Optional.empty(), MB);
      Needed needed = Needed.named("i0", "jobs run in it");
      store = host.store.with(new StorePolicy(budget, InUse.NOTHING, List.of(needed)));
      transfer = new Transfer(store, host.repositories, host.log);
    }

    public static void main(String[] args) throws IOException {
      new Crowd(Path.of(args[0]), Path.of(args[1])).run();
    }

    private void run() throws IOException {
      for (int step = 0; step < STEPS; step++) {
        String name = "i" + random.nextInt(10);
        switch (random.nextInt(10)) {
          case 0 -> pin(name);
          case 1, 2 -> lease(name);
          case 3 -> {
            var _ =
                new Prune(Optional.empty(), Optional.of((long) random.nextInt(12 * MB))).run(store);
          }
          case 4 -> {
            if (!store.list().isEmpty()) {
              int at = random.nextInt(store.list().size());
              LocalImage _ = store.tag(store.list().get(at).name(), name);
            }
          }
          default -> pull(name);
        }
        look("step " + step);
      }
      leases.values().forEach(ImageLease::close);
      long pruned =
          store.history().read().stream().filter(event -> event.what().equals("pruned")).count();
      System.out.println("pulled " + pulled + "\nrefused " + refused + "\npruned " + pruned);
    }

    private void pull(String name) {
      try {
        LocalImage _ = transfer.pull(layout(dir, random.nextInt(VERSIONS)), name, false);
        pulled++;
      } catch (UserError e) {
        assertThat(e.getMessage()).startsWith("No room to pull oci:").contains("MB free");
        assertThat(e.remedy()).isNotEmpty();
        refused++;
      }
    }

    private void pin(String name) {
      if (store.find(name).isPresent()) {
        boolean now = pinned.size() < 3 && pinned.add(name);
        if (!now) {
          pinned.remove(name);
        }
        store.pin(name, now);
      }
    }

    private void lease(String name) {
      if (leases.containsKey(name)) {
        leases.remove(name).close();
      } else if (leases.size() < 3) {
        store.lease(name, "a job").ifPresent(lease -> leases.put(name, lease));
      }
    }

    private void look(String when) throws IOException {
      Set<String> there = new TreeSet<>();
      for (LocalImage image : store.list()) {
        there.add(image.name());
        assertThat(Verify.of(image).wrong()).as(when + ": " + image.name()).isEmpty();
        assertThat(image.pinned())
            .as(when + ": " + image.name())
            .isEqualTo(pinned.contains(image.name()));
      }
      assertThat(there).as(when).containsAll(pinned).containsAll(leases.keySet());
      assertThat(store.leased().keySet()).as(when).isEqualTo(leases.keySet());
      assertThat(new Leavings(store).dead()).as(when).isEmpty();
    }
  }
}
