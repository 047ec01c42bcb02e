package dev.bakehouse.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.image.Checkout;
import dev.bakehouse.image.HostVm;
import dev.bakehouse.image.ImageConfig;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.Wanted;
import dev.bakehouse.image.Workshop;
import dev.bakehouse.oci.Artifact;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.Refresh.Report;
import dev.bakehouse.rollout.Refresh.Standing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Passes over a checkout whose base moves; the canary is `mac-2`, which no percentage below 99
/// takes.
class RefreshTest {
  @TempDir Path dir;
  private Site site;
  private Site.Host canary;
  private Path checkout;
  private ImageStore builder;
  private final List<String> calls = new ArrayList<>();
  private String smoke = "true";
  private String registry = "layout";
  private Runnable meanwhile = () -> {};

  @BeforeEach
  void project() throws IOException {
    site = new Site(dir, "oci:" + dir.resolve("layout/image"));
    canary = site.host("mac-2");
    builder = new ImageStore(dir.resolve("builder"));
    checkout = Files.createDirectories(dir.resolve("checkout"));
    Files.writeString(checkout.resolve("CMakeLists.txt"), "set(Bun_VERSION \"1.2.14\")");
    script("true");
    base(3);
  }

  @Test
  void theFirstImageGoesToTheCanaryThenInStepsToAll() {
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
    assertThat(tags()).hasSize(2).contains("rollout").noneMatch(tag -> tag.equals("1.2.14"));
    assertThat(site.document().percent()).isZero();
    assertThat(site.document().canaries()).containsExactly("mac-2");
    String built = site.document().current().orElseThrow().name();
    assertThat(canary.runs()).isEqualTo(built).startsWith("1.2.14-");
    assertThat(passes(4)).containsExactly(10, 50, 90, 100);
    assertThat(tags()).contains("1.2.14", "latest");
    assertThat(pass().standing()).isEqualTo(Standing.UP_TO_DATE);
    assertThat(calls.stream().filter("save"::equals)).hasSize(1);
  }

  @Test
  void aMovedBaseIsANewImageAndTheFirstOneStaysThePrevious() throws IOException {
    Target first = rolledOut();
    base(7);
    assertThat(pass().why()).contains("the canary mac-2");
    assertThat(site.document().previous()).contains(first);
    assertThat(pass().standing()).isEqualTo(Standing.WAITING);
    assertThat(canary.runs()).isNotEqualTo(first.name());
    assertThat(passes(4)).containsExactly(10, 50, 90, 100);
    assertThat(site.document().current()).isNotEqualTo(Optional.of(first));
  }

  @Test
  void anImageThatFailsItsSmokeTestIsMarkedAndNobodyRunsIt() throws IOException {
    Target first = rolledOut();
    base(7);
    smoke = "echo it is broken; exit 3";
    Report failed = pass();
    assertThat(failed.standing()).isEqualTo(Standing.FAILED);
    assertThat(failed.why()).contains("exit 3` ended with status 3", "it is broken");
    assertThat(site.said()).contains("trying once more");
    assertThat(site.document().current()).contains(first);
    assertThat(tags()).anyMatch(tag -> tag.startsWith("failed-"));
    smoke = "true";
    int before = calls.size();
    assertThat(pass().why()).contains("failed before");
    assertThat(calls).hasSize(before);
    refresh().forgive(wanted());
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
    Posted _ = site.promoter().rollback(false, "no");
    assertThat(pass().standing()).isEqualTo(Standing.FAILED);
    base(8);
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
  }

  @Test
  void aCanaryThatCanNotRunItTakesTheRolloutBack() throws IOException {
    Target first = rolledOut();
    base(7);
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
    canary.failing(new UserError("the template did not come up", "Look at its console."));
    assertThat(canary.poll().failed()).isNotEmpty();
    Report failed = pass();
    assertThat(failed.standing()).isEqualTo(Standing.FAILED);
    assertThat(failed.why()).contains("went back", "the template did not come up");
    assertThat(site.document().current()).contains(first);
    assertThat(site.document().percent()).isEqualTo(100);
    assertThat(canary.runs()).isEqualTo(first.name());
    assertThat(pass().why()).contains("failed before");
  }

  /// `oven-a` is in at 10 %, `oven-b` at 50 %; both tell how they do before it is theirs.
  @Test
  void noStepIsTakenBeforeTheHostsThatAreInRunTheImage() throws IOException {
    rolledOut();
    Site.Host first = site.host("oven-a");
    Site.Host second = site.host("oven-b");
    List.of(first, second).forEach(Site.Host::poll);
    base(7);
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
    assertThat(canary.poll().trouble()).isEmpty();
    assertThat(pass().percent()).isEqualTo(10);
    Report held = pass();
    assertThat(held.standing()).isEqualTo(Standing.WAITING);
    assertThat(held.why()).contains("stands at 10 %: still to take it: oven-a");
    assertThat(first.runs()).isEqualTo(site.document().current().orElseThrow().name());
    assertThat(pass().percent()).isEqualTo(50);
    second.failing(new UserError("its disk is full", "Free space."));
    assertThat(second.poll().failed()).isNotEmpty();
    assertThat(pass().why()).contains("stands at 50 %: could not run it: oven-b", "disk is full");
    second.mended();
    assertThat(second.poll().trouble()).isEmpty();
    assertThat(pass().percent()).isEqualTo(90);
  }

  @Test
  void whenMoreHostsCouldNotThanRunItTheRolloutGoesBack() throws IOException {
    Target before = rolledOut();
    base(7);
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
    assertThat(canary.poll().trouble()).isEmpty();
    assertThat(pass().percent()).isEqualTo(10);
    assertThat(pass().percent()).isEqualTo(50);
    for (String name : List.of("oven-a", "oven-b")) {
      Site.Host host = site.host(name);
      host.failing(new UserError("the template did not come up", "Look."));
      assertThat(host.poll().failed()).isNotEmpty();
    }
    Report back = pass();
    assertThat(back.standing()).isEqualTo(Standing.FAILED);
    assertThat(back.why()).contains("went back", "oven-a (", "oven-b (", "did not come up");
    assertThat(site.document().current()).contains(before);
    assertThat(pass().why()).contains("failed before");
  }

  @Test
  void whatAPersonRolledBackIsNotTriedAgainByItself() throws IOException {
    Target first = rolledOut();
    base(7);
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
    Posted _ = site.promoter().rollback(false, "I do not like it");
    assertThat(pass().standing()).isEqualTo(Standing.FAILED);
    assertThat(site.document().current()).contains(first);
  }

  @Test
  void whatAPersonPromotedWhileTheImageWasMadeStays() throws IOException {
    Target other = site.push("by-hand", 21);
    meanwhile = () -> site.promoter().promote(other, OptionalInt.of(100), List.of(), "by hand");
    assertThatThrownBy(this::pass).hasMessageContaining("somebody else changed it");
    assertThat(site.document().current()).contains(other);
    assertThat(site.document().canaries()).isEmpty();
    meanwhile = () -> {};
    assertThat(pass().standing()).as("a new one is judged anew").isEqualTo(Standing.MOVED);
    assertThat(site.document().previous()).contains(other);
  }

  @Test
  void whatWasPromotedAfterAnImageWasFoundBadIsNotTakenBack() throws IOException {
    Target bad = rolledOut();
    Optional<Posted> judged = site.promoter().read();
    Target good = site.push("by-hand", 21);
    Posted _ = site.promoter().promote(good, OptionalInt.of(100), List.of(), "by hand");
    assertThatThrownBy(() -> site.promoter().rollback(judged, "bad"))
        .hasMessageContaining("somebody else changed it");
    assertThat(site.document().current()).contains(good);
    assertThat(site.document().previous()).contains(bad);
  }

  @Test
  void anImageThatHostsWouldNotFindIsNotEvenBuilt() {
    registry = "elsewhere";
    assertThatThrownBy(this::pass).hasMessageContaining("does not lie in the rollout's repository");
    assertThat(calls).isEmpty();
  }

  /// Anybody who can write to the registry can put such tags there.
  @Test
  void whatIsNoReportOfAHostIsPassedOver() throws IOException {
    rolledOut();
    Repository repository = site.repositories.open(site.place);
    List<String> bad =
        List.of(
            "null",
            "{}",
            "[1]",
            "{\"host\":\"x\",\"at\":null,\"runs\":\"\",\"failed\":\"\",\"trouble\":\"\"}",
            "{\"host\":\"x\",\"at\":\"+1000000000-12-31T23:59:59Z\",\"runs\":null}",
            "{\"host\":\"x\",\"at\":\"+1000000000-12-31T23:59:59Z\",\"runs\":\"\",\"failed\":\"\",\"trouble\":\"\"}");
    for (String report : bad) {
      Manifest _ =
          Artifact.of(
                  "application/vnd.bakehouse.host.v1+json", Map.of("dev.bakehouse.host", report))
              .put(repository, HostReport.TAG + "x");
      assertThat(pass().standing()).as(report).isEqualTo(Standing.UP_TO_DATE);
    }
    Path manifest = dir.resolve("layout/image/blobs/sha256");
    String hex = repository.head(HostReport.TAG + "x").orElseThrow().hex();
    Files.writeString(manifest.resolve(hex), "not what it was");
    assertThat(pass().standing()).isEqualTo(Standing.UP_TO_DATE);
  }

  @Test
  void aRolloutOfAnotherImageIsNotInterrupted() throws IOException {
    Target other = site.push("by-hand", 21);
    Posted _ = site.promoter().promote(other, OptionalInt.of(50), List.of(), "by hand");
    Report report = pass();
    assertThat(report.standing()).isEqualTo(Standing.WAITING);
    assertThat(report.why()).contains("by-hand", "50 %");
    assertThat(calls).isEmpty();
  }

  @Test
  void aScriptThatFailsIsNotRunAgainBeforeItChanges() throws IOException {
    script("exit 7");
    assertThat(pass().why()).contains("ended with status 7");
    int before = calls.size();
    assertThat(pass().why()).contains("could not be built before");
    assertThat(calls).hasSize(before);
    script("true # mended");
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
  }

  /// As a KILL after each part of a pass leaves it.
  @Test
  void whatAKilledPassGotDoneIsNotDoneAgain() throws IOException {
    Workshop workshop = workshop();
    var built = workshop.candidate(wanted());
    assertThat(calls.stream().filter("save"::equals)).hasSize(1);
    dev.bakehouse.platform.Directories.delete(dir.resolve("layout"));
    assertThat(workshop.candidate(wanted()).content()).isEqualTo(built.content());
    assertThat(tags()).hasSize(1);
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
    Target target = site.document().current().orElseThrow();
    site.promoter().failures().mark(target);
    assertThat(pass().standing()).isEqualTo(Standing.FAILED);
    assertThat(site.document().current()).isEmpty();
    assertThat(pass().standing()).isEqualTo(Standing.FAILED);
    assertThat(calls.stream().filter("save"::equals)).hasSize(1);
  }

  @Test
  void withoutTheBasesDigestNothingIsDone() {
    builder.delete("base");
    assertThatThrownBy(this::pass).hasMessageContaining("Could not tell the digest of the base");
  }

  private Target rolledOut() throws IOException {
    assertThat(pass().standing()).isEqualTo(Standing.MOVED);
    assertThat(canary.runs()).startsWith("1.2.14-");
    assertThat(passes(4)).endsWith(100);
    return site.document().current().orElseThrow();
  }

  private List<Integer> passes(int count) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      HostState _ = canary.poll();
      all.add(pass().percent());
    }
    return all;
  }

  private Report pass() {
    return refresh().pass(wanted());
  }

  private Refresh refresh() {
    return new Refresh(
        workshop(), site.promoter(), site.config, "mac-2", dir.resolve("mac-2"), site.log);
  }

  private Workshop workshop() {
    return new Workshop(
        builder,
        site.repositories,
        (name, base, config) -> {
          meanwhile.run();
          return new HostVm(base, calls);
        },
        dir.resolve("logs"),
        site.log);
  }

  private Wanted wanted() {
    String yaml =
        ("image: {registry: 'oci:%s', name: image, arch: arm64, base: base,"
                + " bootstrap-script: boot.sh, smoke: ['%s']}")
            .formatted(dir.resolve(registry), smoke);
    ImageConfig config = ImageConfig.read(Yaml.parse("bakehouse.yml", yaml).section("image"));
    return workshop().wanted(new Checkout(checkout), config, Optional.empty());
  }

  private List<String> tags() {
    Repository repository = site.repositories.open(site.place);
    return repository.tags().stream()
        .filter(tag -> !tag.matches("chunks-.*|rollout-host-.*"))
        .toList();
  }

  private void base(int seed) throws IOException {
    dev.bakehouse.platform.Directories.delete(dir.resolve("base-disk"));
    builder.adopt("base", DiskFixture.make(dir.resolve("base-disk"), seed), Map.of(), "test");
  }

  private void script(String body) throws IOException {
    Path file = Files.writeString(checkout.resolve("boot.sh"), "#!/bin/sh\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
