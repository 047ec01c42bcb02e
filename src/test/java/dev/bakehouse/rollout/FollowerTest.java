package dev.bakehouse.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Verify;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three hosts, whose buckets are 1, 24 and 98, and a repository.
class FollowerTest {
  @TempDir Path dir;
  private Site site;
  private Promoter promoter;
  private Site.Host first;
  private Site.Host second;
  private Site.Host third;
  private Target one;
  private Target two;

  @BeforeEach
  void site() throws IOException {
    site = new Site(dir, "oci:" + dir.resolve("layout"));
    promoter = site.promoter();
    first = site.host("oven-a");
    second = site.host("oven-b");
    third = site.host("mac-2");
    one = site.push("1.0", 3);
    two = site.push("2.0", 4);
  }

  @Test
  void eachHostIsInWhenItsBucketIsAndGoesBackAtOnce() throws IOException {
    assertThat(runs()).containsExactly("configured", "configured", "configured");
    promote(one, 10);
    assertThat(runs()).containsExactly("1.0", "configured", "configured");
    promote(one, 100);
    assertThat(runs()).containsExactly("1.0", "1.0", "1.0");
    promote(two, 50);
    assertThat(runs()).containsExactly("2.0", "2.0", "1.0");
    assertThat(third.store.list()).hasSize(1);
    assertThat(first.store.list()).hasSize(2).allMatch(LocalImage::pinned);
    assertThat(first.store.list()).extracting(Verify::of).allMatch(Verify.Finding::ok);

    // Nothing but the document is left in the repository: the way back needs no transfer.
    Repository repository = site.repositories.open(site.place);
    Document _ = promoter.rollback(false, "broken").document();
    for (var layer : repository.manifest(one.digest()).layers()) {
      Files.deleteIfExists(dir.resolve("layout/blobs/sha256/" + layer.digest().hex()));
    }
    assertThat(runs()).containsExactly("1.0", "1.0", "1.0");
    assertThat(site.said()).contains("rollout: the next jobs run in 1.0");
  }

  @Test
  void theHistoryTellsWhatWasPromotedAndRolledBack() {
    promote(one, 100);
    assertThat(first.runs()).isEqualTo("1.0");
    promote(two, 100);
    assertThat(first.runs()).isEqualTo("2.0");
    Posted _ = promoter.rollback(false, "broken");
    assertThat(first.runs()).isEqualTo("1.0");
    assertThat(first.store.history().read())
        .filteredOn(event -> event.what().matches("promoted|rolled-back"))
        .extracting(event -> event.what() + " " + event.digest())
        .containsExactly(
            "promoted " + one.digest(), "promoted " + two.digest(), "rolled-back " + two.digest());
  }

  @Test
  void imagesNobodyNeedsAnyLongerAreLetGo() throws IOException {
    promote(one, 100);
    assertThat(first.runs()).isEqualTo("1.0");
    promote(two, 100);
    assertThat(first.runs()).isEqualTo("2.0");
    Target three = site.push("3.0", 5);
    promote(three, 100);
    assertThat(first.runs()).isEqualTo("3.0");
    assertThat(first.store.list().stream().filter(LocalImage::pinned)).hasSize(2);
    assertThat(first.store.list()).hasSize(3);
  }

  @Test
  void whatAPersonPinnedStaysPinned() throws IOException {
    promoter.distribute(List.of("1.0"), false);
    HostState _ = first.poll();
    String before = first.store.list().getFirst().name();
    first.store.pin(before, true);
    promote(one, 100);
    assertThat(first.runs()).isEqualTo("1.0");
    promote(two, 100);
    assertThat(first.runs()).isEqualTo("2.0");
    String during = first.file.load().inForce().orElseThrow().name();
    first.store.pin(during, true);
    for (int seed = 5; seed < 8; seed++) {
      Target next = site.push(seed + ".0", seed);
      promote(next, 100);
      assertThat(first.runs()).isEqualTo(next.name());
    }
    assertThat(first.store.get(before).pinned()).isTrue();
    assertThat(first.store.get(during).pinned()).isTrue();
    first.store.pin(before, false);
    assertThat(first.store.get(before).pinned()).isFalse();
  }

  @Test
  void anOldDocumentPutBackIsRefused() {
    promote(one, 100);
    Repository repository = site.repositories.open(site.place);
    var old = repository.manifest(Board.TAG);
    promote(two, 100);
    assertThat(first.runs()).isEqualTo("2.0");
    repository.putManifest(old, Board.TAG);
    HostState state = first.poll();
    assertThat(state.inForce().orElseThrow().target()).isEqualTo(two);
    assertThat(state.trouble()).contains("serial 1, this host has seen 2", "refused");
    assertThat(site.said()).contains("staying with " + state.inForce().orElseThrow().name());
    Posted _ = promoter.promote(one, OptionalInt.of(90), List.of(), "on top of the old one");
    Posted _ = promoter.promote(one, OptionalInt.of(100), List.of(), "and again");
    assertThat(first.poll().trouble()).isEmpty();
  }

  @Test
  void aDocumentOfAStrangerChangesNothing() throws IOException {
    promote(one, 100);
    assertThat(first.runs()).isEqualTo("1.0");
    Path other = Files.createDirectories(dir.resolve("stranger"));
    Site stranger = new Site(other, "oci:" + dir.resolve("layout"));
    Files.delete(dir.resolve("layout/index.json"));
    Target evil = stranger.push("evil", 9);
    stranger.promoter().promote(evil, OptionalInt.of(100), List.of(), "evil");
    HostState state = first.poll();
    assertThat(state.inForce().orElseThrow().target()).isEqualTo(one);
    assertThat(state.trouble()).contains("is not signed by a key this host knows");
  }

  @Test
  void aHostThatCanNotFollowStaysAndSaysWhy() {
    promote(one, 100);
    assertThat(first.runs()).isEqualTo("1.0");
    first.failing(new UserError("the template did not come up", "Look at its console."));
    promote(two, 100);
    HostState failed = first.poll();
    assertThat(failed.inForce().orElseThrow().target()).isEqualTo(one);
    assertThat(failed.failed()).isEqualTo(two.digest());
    assertThat(failed.trouble()).contains("could not make 2.0", "the template did not come up");

    promote(new Target("gone", "sha256:" + "d".repeat(64)), 100);
    HostState absent = second.poll();
    assertThat(absent.inForce()).isEmpty();
    assertThat(absent.trouble()).contains("gone", "it is not there");

    Directories.delete(dir.resolve("layout"));
    assertThat(first.poll().inForce().orElseThrow().target()).isEqualTo(one);
  }

  @Test
  void whatIsDistributedIsBroughtAheadOfDemand() {
    promoter.distribute(List.of("1.0", "2.0"), false);
    HostState state = first.poll();
    assertThat(state.distributed())
        .hasSize(2)
        .allSatisfy((_, how) -> assertThat(how).isEqualTo("here"));
    assertThat(state.inForce()).isEmpty();
    assertThat(first.store.list()).hasSize(2).noneMatch(LocalImage::pinned);
    promoter.distribute(List.of("1.0"), true);
    promote(two, 100);
    String said = site.said();
    assertThat(first.runs()).isEqualTo("2.0");
    assertThat(site.said().substring(said.length())).doesNotContain("pulling");
    assertThat(site.document().prefetch()).hasSize(1);
  }

  @Test
  void anImageThatGotLostIsBroughtAgain() {
    promote(one, 100);
    assertThat(first.runs()).isEqualTo("1.0");
    Directories.delete(first.store.list().getFirst().directory());
    assertThat(first.runs()).isEqualTo("1.0");
    assertThat(first.store.list()).hasSize(1);
    assertThat(first.file.load().previous()).isEmpty();
  }

  private List<String> runs() {
    return List.of(first.runs(), second.runs(), third.runs());
  }

  private void promote(Target target, int percent) {
    Posted _ = promoter.promote(target, OptionalInt.of(percent), List.of(), "test");
  }
}
