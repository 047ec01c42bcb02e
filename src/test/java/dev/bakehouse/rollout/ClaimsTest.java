package dev.bakehouse.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Promoters that change one document of a registry at once.
class ClaimsTest {
  private static final Target A = new Target("1", "sha256:" + "a".repeat(64));
  private static final int PROMOTERS = 4;

  @TempDir Path dir;

  @Test
  @Tag("registry")
  void inARegistryAtMostOneIsToldAndItsDocumentStands() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(dir.resolve("registry"), false)) {
      Site site = new Site(Files.createDirectories(dir.resolve("s")), registry.host() + "/o/r/i");
      PrivateKey key = site.config.key(Map.of());
      int wins = 0;
      for (int round = 0; round < 25; round++) {
        Optional<Posted> seen = site.board().read(site.config);
        CyclicBarrier start = new CyclicBarrier(PROMOTERS);
        List<Callable<Posted>> all = new ArrayList<>();
        for (int i = 0; i < PROMOTERS; i++) {
          Document next = next(site, seen, round + "-" + i);
          all.add(
              () -> {
                int _ = start.await();
                return site.board(Duration.ZERO).write(next, seen, key);
              });
        }
        wins += outcome(site, together(all));
      }
      // None may win a round; alone, everybody does.
      assertThat(wins).isPositive();
      Posted last = site.promoter().promote(A, java.util.OptionalInt.of(7), List.of(), "alone");
      assertThat(site.document()).isEqualTo(last.document());
    }
  }

  /// Three promoters, one step at a time, in orders that chance picks: what no registry on one
  /// machine shows. Nobody is waited for, so claims of those who are about to write are passed
  /// over.
  @Test
  void inWhateverOrderTheirStepsAreTakenAtMostOneIsTold() throws Exception {
    int wins = 0;
    int passedOver = 0;
    for (int seed = 0; seed < 120; seed++) {
      Site site =
          new Site(
              Files.createDirectories(dir.resolve("s" + seed)), "oci:" + dir.resolve("l" + seed));
      Reference remote = Reference.parse("127.0.0.1:1/o/r/i:rollout");
      Repository layout = site.repositories.open(site.place);
      PrivateKey key = site.config.key(Map.of());
      Board plain = new Board(layout, remote, Duration.ZERO);
      Posted first =
          plain.write(
              Document.empty(plain.name()).promote(A, 1, List.of(), stamp("first")),
              Optional.empty(),
              key);
      OneByOne order = new OneByOne(seed, 3);
      List<Callable<Posted>> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Document next = first.document().promote(A, 2 + i, List.of(), stamp("p" + i));
        all.add(
            () ->
                order.run(
                    step ->
                        new Board(new Watched(layout, step, _ -> {}), remote, Duration.ZERO)
                            .write(next, Optional.of(first), key)));
      }
      List<Posted> won = together(all);
      assertThat(won).as("seed " + seed).hasSizeLessThanOrEqualTo(1);
      wins += won.size();
      Posted now = plain.read(site.config).orElseThrow();
      won.forEach(posted -> assertThat(now.document()).isEqualTo(posted.document()));
      passedOver += now.document().serial() > 2 ? 1 : 0;
      Document after = now.document().promote(A, 50, List.of(), stamp("alone"));
      assertThat(plain.write(after, Optional.of(now), key).document().percent()).isEqualTo(50);
    }
    assertThat(wins).isGreaterThan(10);
    assertThat(passedOver).isPositive();
  }

  @Test
  void anOldDocumentUnderTheTagOfANewSerialIsNotBelieved() throws Exception {
    Site site = new Site(Files.createDirectories(dir.resolve("s")), "oci:" + dir.resolve("l"));
    Repository layout = site.repositories.open(site.place);
    Board board = new Board(layout, Reference.parse("127.0.0.1:1/o/r/i:rollout"), Duration.ZERO);
    PrivateKey key = site.config.key(Map.of());
    Document document = Document.empty(board.name()).promote(A, 1, List.of(), stamp("first"));
    Posted first = board.write(document, Optional.empty(), key);
    Document next = first.document().promote(A, 2, List.of(), stamp("second"));
    Posted second = board.write(next, Optional.of(first), key);
    assertThat(board.read(site.config)).contains(second);
    layout.putManifest(layout.manifest(Claims.tag(1)), Claims.tag(3));
    layout.putManifest(layout.manifest(Claims.claim(2)), Claims.claim(3));
    assertThatThrownBy(() -> board.read(site.config))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("The tag rollout-3")
        .hasMessageContaining("holds the document of serial 1");
  }

  /// Checks that at most one was told, and that what it was told is so.
  private static int outcome(Site site, List<Posted> won) {
    assertThat(won).hasSizeLessThanOrEqualTo(1);
    won.forEach(posted -> assertThat(site.document()).isEqualTo(posted.document()));
    return won.size();
  }

  /// What those got who were not told that somebody else was there.
  private static List<Posted> together(List<Callable<Posted>> all) throws InterruptedException {
    List<Posted> won = new ArrayList<>();
    try (var threads = Executors.newThreadPerTaskExecutor(Thread::new)) {
      for (Future<Posted> one : threads.invokeAll(all)) {
        if (one.state() == Future.State.SUCCESS) {
          won.add(one.resultNow());
        } else {
          assertThat(one.exceptionNow())
              .isInstanceOf(UserError.class)
              .hasMessageContaining("somebody else changed it at the same time");
        }
      }
    }
    return won;
  }

  private static Document next(Site site, Optional<Posted> seen, String reason) {
    return seen.map(Posted::document)
        .orElseGet(() -> Document.empty(site.board().name()))
        .promote(A, 10, List.of(), stamp(reason));
  }

  private static Document.Stamp stamp(String reason) {
    return new Document.Stamp("2026-01-01T00:00:00Z", "x@y", reason);
  }
}
