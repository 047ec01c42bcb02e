package dev.bakehouse.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RolloutTest {
  private static final Target A = new Target("1", "sha256:" + "a".repeat(64));
  private static final Target B = new Target("2", "sha256:" + "b".repeat(64));
  private static final Target C = new Target("3", "sha256:" + "c".repeat(64));

  @TempDir Path dir;

  @Test
  void aHostsBucketFollowsFromItsNameAlone() {
    assertThat(List.of("oven-a", "oven-b", "mac-24", "mac-2"))
        .extracting(Buckets::of)
        .containsExactly(1, 24, 51, 98);
  }

  @Test
  void anImageGoesUpInStepsAndWhatWasEverywhereStaysThePrevious() throws IOException {
    Site site = layout("site");
    Promoter promoter = site.promoter();
    List<Integer> steps = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      steps.add(promote(promoter, A).percent());
    }
    assertThat(steps).containsExactly(10, 50, 90, 100);
    promote(promoter, B);
    Document third = promoter.promote(C, OptionalInt.of(37), List.of("oven-c"), "mend").document();
    assertThat(third.previous()).contains(A);
    assertThat(third.percent()).isEqualTo(37);
    assertThat(third.serial()).isEqualTo(6);
    assertThat(third.by()).isEqualTo("admin@desk");
    assertThat(third.reason()).isEqualTo("mend");
    assertThat(third.share("oven-c").target()).contains(C);
    assertThat(third.share("oven-b").target()).contains(C);
    assertThat(third.share("mac-2").target()).contains(A);
    assertThat(promote(promoter, C).canaries()).containsExactly("oven-c");

    Document back = promoter.rollback(false, "it is broken").document();
    assertThat(back.current()).contains(A);
    assertThat(back.percent()).isEqualTo(100);
    assertThat(back.serial()).isEqualTo(8);
    assertThat(promoter.rollback(false, "it is broken").document()).isEqualTo(back);
    Document none = promoter.rollback(true, "that too").document();
    assertThat(none.share("oven-a").target()).isEmpty();
    assertThat(promoter.rollback(false, "again").document()).isEqualTo(none);
    assertThatThrownBy(() -> promoter.rollback(true, "again"))
        .hasMessageContaining("nothing to roll");
  }

  @Test
  void whatNobodyKnownSignedOrWasMeantForAnotherPlaceIsRefused() throws IOException {
    Site site = layout("site");
    promote(site.promoter(), A);
    String other = Keys.generate(dir.resolve("other-key"));
    assertThatThrownBy(() -> site.board().read(site.config(other)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not signed by a key this host knows");

    Command.of("cp", "-r", dir.resolve("site/layout").toString(), dir.resolve("copy").toString())
        .check();
    Reference copied = Reference.parse("oci:" + dir.resolve("copy") + ":rollout");
    assertThatThrownBy(() -> new Board(site.repositories.open(copied), copied).read(site.config))
        .hasMessageContaining("is for oci:" + dir.resolve("site/layout"));

    byte[] text = site.document().bytes();
    String signature = Keys.sign(site.config.key(Map.of()), text);
    assertThat(Keys.signed(site.config.keys(), text, signature)).isTrue();
    text[text.length / 2] ^= 1;
    assertThat(Keys.signed(site.config.keys(), text, signature)).isFalse();
    assertThat(Keys.signed(site.config.keys(), text, "not base64!")).isFalse();
  }

  @Test
  void aKeyThatOthersCanReadIsNotUsed() throws IOException {
    Site site = layout("site");
    Path key = dir.resolve("site/key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(site::promoter)
        .isInstanceOfSatisfying(
            UserError.class, e -> assertThat(e.remedy()).isEqualTo("chmod 600 " + key));
    Path elsewhere = dir.resolve("elsewhere");
    String _ = Keys.generate(elsewhere);
    Map<String, String> environment = Map.of(RolloutConfig.KEY_VARIABLE, elsewhere.toString());
    assertThat(site.config.key(environment)).isNotNull();
    assertThatThrownBy(() -> Keys.generate(elsewhere)).hasMessageContaining("already a file");
  }

  @Test
  void ofTwoPromotersAtOnceOneIsTold() throws Exception {
    Site site = layout("site");
    Optional<Posted> before = promoted(site, A);
    Document.Stamp stamp = new Document.Stamp("2026-01-01T00:00:00Z", "x@y", "race");
    Document first = before.orElseThrow().document().promote(B, 10, List.of(), stamp);
    Posted _ = site.board().write(first, before, site.config.key(Map.of()));
    assertThatThrownBy(() -> site.board().write(first, before, site.config.key(Map.of())))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("somebody else changed it at the same time");

    int won = 0;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Document>> all = new ArrayList<>();
      for (int i = 1; i <= 12; i++) {
        int percent = 20 + i;
        all.add(
            () ->
                site.promoter().promote(B, OptionalInt.of(percent), List.of(), "race").document());
      }
      for (Future<Document> one : threads.invokeAll(all)) {
        won += one.state() == Future.State.SUCCESS ? 1 : 0;
      }
    }
    assertThat(won).isPositive();
    assertThat(site.document().serial()).isEqualTo(2 + won);
  }

  /// By a program that knows nothing of the lock.
  @Test
  void whoeverIsOverwrittenRightAwayIsTold() throws Exception {
    Site site = layout("site");
    Optional<Posted> before = promoted(site, A);
    Document.Stamp stamp = new Document.Stamp("2026-01-01T00:00:00Z", "x@y", "race");
    Document ours = before.orElseThrow().document().promote(B, 10, List.of(), stamp);
    Document theirs = before.orElseThrow().document().promote(C, 10, List.of(), stamp);
    Site elsewhere = layout("elsewhere");
    Posted _ = elsewhere.board().write(theirs, Optional.empty(), site.config.key(Map.of()));
    Repository real = site.repositories.open(site.place);
    Manifest other = elsewhere.repositories.open(elsewhere.place).manifest(Board.TAG);
    Watched repository = new Watched(real, () -> {}, tag -> real.putManifest(other, tag));
    assertThatThrownBy(
            () -> new Board(repository, site.place).write(ours, before, site.config.key(Map.of())))
        .hasMessageContaining("somebody else changed it at the same time");
  }

  @Test
  void noDocumentIsWrittenThatHostsWouldNotRead() throws IOException {
    Site site = layout("site");
    Promoter promoter = site.promoter();
    String longest = "it failed on oven-a ".repeat(20_000);
    Document document = promoter.promote(A, OptionalInt.of(10), List.of(), longest).document();
    assertThat(site.document()).isEqualTo(document);
    assertThat(document.reason()).startsWith("it failed on oven-a it").hasSize(1000);
    List<String> canaries = IntStream.range(0, 20_000).mapToObj(i -> "oven-number-" + i).toList();
    assertThatThrownBy(() -> promoter.promote(A, OptionalInt.of(50), canaries, "many"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("hosts read 262,144");
    assertThat(site.document()).isEqualTo(document);
  }

  @Test
  @Tag("registry")
  void aRegistryKeepsTheDocumentAsAnArtifact() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(dir.resolve("registry"), false)) {
      Site site = new Site(Files.createDirectories(dir.resolve("s")), registry.host() + "/o/r/i");
      Target pushed = site.push("1.0", 3);
      Promoter promoter = site.promoter();
      assertThat(promoter.target("1.0")).isEqualTo(pushed);
      promote(promoter, pushed);
      assertThat(site.document().current()).contains(pushed);
      assertThat(new String(site.repositories.open(site.place).manifest("rollout").raw()))
          .contains("\"artifactType\":\"application/vnd.bakehouse.rollout.v1+json\"");
      assertThatThrownBy(() -> promoter.target("2.0")).hasMessageContaining("it is not there");
      assertThatThrownBy(() -> promoter.target(registry.host() + "/o/other:1"))
          .hasMessageContaining("does not lie in the rollout's repository");
      assertThat(site.host("oven-a").runs()).isEqualTo("1.0");
    }
  }

  private static Optional<Posted> promoted(Site site, Target target) {
    return Optional.of(site.promoter().promote(target, OptionalInt.empty(), List.of(), "first"));
  }

  private static Document promote(Promoter promoter, Target target) {
    return promoter.promote(target, OptionalInt.empty(), List.of(), "test").document();
  }

  private Site layout(String name) throws IOException {
    Path own = Files.createDirectories(dir.resolve(name));
    return new Site(own, "oci:" + own.resolve("layout"));
  }
}
