package dev.bakehouse.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.Fault;
import dev.bakehouse.oci.FaultyRegistry;
import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Poll;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// KILL between any two writes of a process that takes a rollout back: it is taken back or it is
/// not, and whoever does what is left comes to where an undisturbed one would have been.
@Tag("registry")
class KilledRollbackTest {
  /// Its bid, its claim, the document, the tag that names it; then it ends.
  private static final int WRITES = 4;

  @TempDir Path dir;

  @Test
  void itIsDoneOrNotAndTheNextOneDoesIt() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(dir.resolve("registry"), false);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      String place = proxy.host() + "/o/r/i";
      Site site = new Site(dir, place);
      Target good = site.push("1.0", 3);
      Target bad = site.push("2.0", 4);
      for (int writes = 0; writes <= WRITES; writes++) {
        for (Target target : List.of(good, bad)) {
          Posted _ = site.promoter().promote(target, OptionalInt.of(100), List.of(), "round");
        }
        long before = site.document().serial();
        killedAfter(writes, proxy, site.config.publicKeys().getFirst(), place);
        proxy.reset();
        boolean done = site.document().serial() > before;
        assertThat(done).as("after " + writes).isEqualTo(writes >= 3);
        if (!done) {
          assertThat(site.document().current()).contains(bad);
        }
        Posted again = site.promoter().rollback(false, "again");
        Document after = site.document();
        assertThat(again.document()).isEqualTo(after);
        assertThat(after.reason()).isEqualTo(done ? "killed" : "again");
        assertThat(after.current()).contains(good);
        assertThat(after.previous()).isEmpty();
        assertThat(after.percent()).isEqualTo(100);
        assertThat(site.host("oven-a").runs()).isEqualTo("1.0");
      }
    }
  }

  /// The write after those does not come to the registry.
  private void killedAfter(int writes, FaultyRegistry proxy, String key, String place)
      throws Exception {
    proxy.reset();
    Fault never = new Fault.Late(Duration.ofHours(1).toMillis());
    List<Fault> pass = Collections.nCopies(writes, new Fault.Pass());
    proxy.on(
        "PUT", "/manifests/", Stream.concat(pass.stream(), Stream.of(never)).toArray(Fault[]::new));
    Process child =
        Jvm.of(KilledRollbackTest.class, dir.toString(), place, key)
            .startInto(dir.resolve("log-" + writes));
    Poll.until(
        "the child to come that far",
        Duration.ofSeconds(60),
        () ->
            Optional.of(true)
                .filter(_ -> !child.isAlive() || proxy.count("PUT", "/manifests/") > writes));
    assertThat(child.isAlive()).as("killed after " + writes).isEqualTo(writes < WRITES);
    child.destroyForcibly().waitFor();
  }

  public static void main(String[] args) {
    Site site = new Site(Path.of(args[0]), args[1], args[2]);
    Posted _ = site.promoter().rollback(false, "killed");
  }
}
