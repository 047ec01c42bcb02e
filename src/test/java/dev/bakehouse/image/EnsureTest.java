package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Ensure and build with everything real but the VM, whose place a directory of this host takes.
class EnsureTest {
  private static final Supplier<LocalImage> NEVER =
      () -> {
        throw new AssertionError("nothing was to be built");
      };

  @TempDir Path temp;
  private Fixture host;
  private Path checkout;
  private final List<String> calls = new ArrayList<>();

  @BeforeEach
  void project() throws IOException {
    host = new Fixture(temp.resolve("state"));
    checkout = Files.createDirectories(temp.resolve("checkout"));
    Files.writeString(checkout.resolve("CMakeLists.txt"), "set(Bun_VERSION \"1.2.14\")");
    Files.writeString(checkout.resolve("boot.sh"), "#!/bin/sh\n# Version: 3.6\necho made here\n");
    assertThat(checkout.resolve("boot.sh").toFile().setExecutable(true)).isTrue();
    host.store.adopt("base", DiskFixture.make(temp.resolve("base"), 3), Map.of(), "test");
  }

  @Test
  void aBuildIsPublishedPushedAndThenFoundWithoutMovingAnything() {
    Wanted wanted = wanted("oci:" + temp.resolve("layout"), "[sh]");
    Build build = build();
    LocalImage image = ensure(wanted, false, () -> build.run(wanted, Branch.MAIN));
    assertThat(image.name()).isEqualTo("bun-build-macos-1.2.14");
    assertThat(calls)
        .containsExactly(
            "start", "address", "ssh", "workspace", "boot.sh", "sh", "shutdown", "save", "close");
    assertThat(image.record().labels()).containsEntry(Identity.LABEL, wanted.identity().hex());
    publish(wanted);
    assertThat(host.said()).contains(" as 1.2.14, latest");

    assertThat(ensure(wanted, false, NEVER).record().digest()).startsWith("sha256:");
    assertThat(host.said()).contains("the local image has the registry's digest");
    LocalImage fresh = ensure(wanted, true, NEVER);
    assertThat(fresh.record().source()).startsWith("oci:");
    assertThat(fresh.record().labels()).containsEntry(Identity.LABEL, wanted.identity().hex());
    assertThat(Labels.bootstrapVersion(fresh)).isEqualTo("3.6");
    assertThat(Labels.release(fresh)).isEqualTo("15");
    assertThat(Labels.version(fresh)).isEqualTo("1.2.14");
  }

  @Test
  void anotherScriptIsAnotherImageAnotherVersionIsNot() throws IOException {
    Wanted first = wanted("oci:" + temp.resolve("layout"), "[]");
    Build build = build();
    ensure(first, false, () -> build.run(first, Branch.MAIN));
    Files.writeString(checkout.resolve("CMakeLists.txt"), "set(Bun_VERSION \"1.2.15\")");
    Wanted bumped = wanted("oci:" + temp.resolve("layout"), "[]");
    assertThat(ensure(bumped, false, NEVER).name()).isEqualTo("bun-build-macos-1.2.15");
    Files.writeString(checkout.resolve("boot.sh"), "#!/bin/sh\necho other\n");
    Wanted other = wanted("oci:" + temp.resolve("layout"), "[]");
    assertThat(
            new Ensure(host.store, host.repositories, host.log).decide(other, Branch.MAIN, false))
        .isInstanceOf(Decision.Build.class);
  }

  @Test
  void aVersionBumpIsATagHereAndInTheRegistryAndMovesNothing() throws IOException {
    String layout = "oci:" + temp.resolve("layout");
    Wanted first = wanted(layout, "[]");
    ensure(first, false, () -> build().run(first, Branch.MAIN));
    publish(first);
    Repository repository = host.repositories.open(first.names().remote());
    long blobs = blobs();

    Files.writeString(checkout.resolve("CMakeLists.txt"), "set(Bun_VERSION \"1.2.15\")");
    Wanted bumped = wanted(layout, "[]");
    new Ensure(host.store, host.repositories, host.log).run(bumped, Branch.FORK, false, NEVER);
    assertThat(repository.tags().stream().filter(tag -> !tag.startsWith("chunks-")))
        .containsExactly("1.2.14", "latest");
    new Ensure(host.store, host.repositories, host.log).run(bumped, Branch.OTHER, false, NEVER);
    assertThat(repository.tags().stream().filter(tag -> !tag.startsWith("chunks-")))
        .hasSize(3)
        .contains(bumped.names().candidate(bumped.identity().hex()).selector());
    Fixture other = new Fixture(temp.resolve("other"));
    other.store.adopt("base", temp.resolve("base"), Map.of(), "test");
    LocalImage pulled =
        new Ensure(other.store, other.repositories, other.log)
            .run(bumped, Branch.MAIN, false, NEVER);
    assertThat(pulled.name()).isEqualTo("bun-build-macos-1.2.15");
    ensure(bumped, false, NEVER);
    assertThat(blobs()).isEqualTo(blobs);

    Files.writeString(checkout.resolve("CMakeLists.txt"), "set(Bun_VERSION \"1.2.16\")");
    Wanted again = wanted(layout, "[]");
    ensure(again, false, NEVER);
    assertThat(host.said()).contains("tagged in the registry: oci:").doesNotContain("pulling");
    assertThat(repository.head("1.2.16")).isEqualTo(repository.head("1.2.14"));
    Fixture third = new Fixture(temp.resolve("third"));
    third.store.adopt("base", temp.resolve("base"), Map.of(), "test");
    Files.writeString(checkout.resolve("CMakeLists.txt"), "set(Bun_VERSION \"1.2.17\")");
    new Ensure(third.store, third.repositories, third.log)
        .run(wanted(layout, "[]"), Branch.MAIN, false, NEVER);
    assertThat(third.said()).contains("latest is made from the same things");
    assertThat(repository.tags()).contains("1.2.17");
    assertThat(blobs()).isEqualTo(blobs);
  }

  @Test
  void whatCanNotBePushedIsSaidAndServesAllTheSame() throws IOException {
    Files.writeString(temp.resolve("file"), "where no layout can be");
    Wanted wanted = wanted("oci:" + temp.resolve("file"), "[]");
    LocalImage built = build().run(wanted, Branch.MAIN);
    assertThat(ensure(wanted, false, NEVER).content()).isEqualTo(built.content());
    assertThat(host.said()).contains("not pushed: Could not push the image");
  }

  @Test
  void whatAKilledBuildDidNotPushTheNextEnsureDoes() {
    Wanted wanted = wanted("oci:" + temp.resolve("layout"), "[]");
    LocalImage built = build().run(wanted, Branch.MAIN);
    assertThat(built.record().digest()).isEmpty();
    LocalImage image = ensure(wanted, false, NEVER);
    Repository repository = host.repositories.open(wanted.names().remote());
    assertThat(image.record().digest()).isEqualTo(repository.head("1.2.14").orElseThrow() + "");
    assertThat(repository.tags()).contains("latest");
    ensure(wanted, false, NEVER);
    assertThat(host.said()).containsOnlyOnce("pushing ");
  }

  private long blobs() throws IOException {
    try (var all = Files.list(temp.resolve("layout/bun-build-macos/blobs/sha256"))) {
      return all.count();
    }
  }

  @Test
  void anImageIsBuiltFromTheOneBeforeWhenOnlyTheScriptsEndChanged() throws IOException {
    String layout = "oci:" + temp.resolve("layout");
    String head = "#!/bin/sh\necho head\n# bakehouse: checkpoint\n";
    String told = "echo told: $BAKEHOUSE_FROM_PREVIOUS $BAKEHOUSE_CHECKPOINT\n";
    Files.writeString(checkout.resolve("boot.sh"), head);
    Wanted first = wanted(layout, "[], incremental: true");
    ensure(first, false, () -> build().run(first, Branch.MAIN));
    publish(first);

    Files.writeString(checkout.resolve("boot.sh"), head + told);
    Wanted second = wanted(layout, "[], incremental: true");
    LocalImage next = ensure(second, false, () -> build().run(second, Branch.MAIN));
    assertThat(host.said()).contains("building bun-build-macos-1.2.14 from bun-build-macos-1.2.14");
    assertThat(next.record().labels())
        .containsEntry(Identity.LABEL, second.identity().hex())
        .containsEntry(Ancestor.CHAIN_LABEL, "1");
    try (var logs = Files.walk(temp.resolve("logs"))) {
      assertThat(logs.filter(Files::isRegularFile))
          .anySatisfy(l -> assertThat(l).content().contains("told: 1 1"));
    }
    publish(second);
    assertThat(ensure(second, false, NEVER).record().labels()).containsKey(Ancestor.PARENT_LABEL);

    // Elsewhere the registry's latest serves; and a pull request may not be built upon.
    Fixture other = new Fixture(temp.resolve("other"));
    other.store.adopt("base", temp.resolve("base"), Map.of(), "test");
    Files.writeString(checkout.resolve("boot.sh"), head + told + "echo more\n");
    Wanted third = wanted(layout, "[], incremental: true");
    Ancestry.Found found =
        new Ancestry(other.store, other.repositories, other.log).find(third).orElseThrow();
    assertThat(found.fits()).isEqualTo(new Ancestor.Fits(1, 2, "1.2.14"));
    Wanted foreign = third.of(Branch.OTHER);
    LocalImage made = build().run(foreign, Branch.OTHER);
    assertThat(made.record().labels()).containsEntry(Ancestor.CHAIN_LABEL, "2");
    Files.writeString(checkout.resolve("boot.sh"), head + "echo other\n");
    Wanted fourth = wanted(layout, "[], incremental: true");
    Ancestry ancestry = new Ancestry(host.store, host.repositories, host.log);
    assertThat(ancestry.find(fourth).orElseThrow().image().name())
        .isEqualTo("bun-build-macos-1.2.14");
    host.store.adopt("base", DiskFixture.make(temp.resolve("moved"), 8), Map.of(), "test");
    assertThat(ancestry.find(wanted(layout, "[], incremental: true"))).isEmpty();
    assertThat(host.said()).contains("it is made from another base");
  }

  @Test
  void aFailedBuildLeavesNothingButItsLog() throws IOException {
    Files.writeString(checkout.resolve("boot.sh"), "#!/bin/sh\necho oh no\nexit 7\n");
    Wanted wanted = wanted("oci:" + temp.resolve("layout"), "[]");
    assertThatThrownBy(() -> build().run(wanted, Branch.MAIN))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("bootstrap: boot.sh ended with status 7")
        .hasMessageContaining("log: ");
    assertThat(calls).endsWith("close");
    assertThat(host.store.list()).extracting(LocalImage::name).containsExactly("base");
    try (var logs = Files.list(temp.resolve("logs"))) {
      assertThat(logs).singleElement().satisfies(l -> assertThat(l).content().contains("oh no"));
    }
    Files.writeString(checkout.resolve("boot.sh"), "#!/bin/sh\n");
    assertThatThrownBy(() -> build().run(wanted("oci:x", "[no-such-tool]"), Branch.MAIN))
        .hasMessageContaining("no-such-tool");
  }

  @Test
  @Tag("registry")
  void aRegistryIsAskedFirstAndWhenItIsDownTheLocalImageServes() throws IOException {
    Wanted wanted;
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false)) {
      wanted = wanted(registry.host(), "[]");
      ensure(wanted, false, () -> build().run(wanted(registry.host(), "[]"), Branch.MAIN));
      assertThat(host.said()).contains("is not there");
      host.transfer.push(wanted.names().local(), wanted.names().remote(), List.of("1.2.14"));

      Fixture other = new Fixture(temp.resolve("other"));
      LocalImage pulled =
          new Ensure(other.store, other.repositories, other.log)
              .run(wanted, Branch.MAIN, false, NEVER);
      assertThat(pulled.record().source()).contains(registry.host());
      assertThat(Verify.of(pulled).ok()).isTrue();
    }
    LocalImage local = ensure(wanted, false, NEVER);
    assertThat(local.name()).isEqualTo("bun-build-macos-1.2.14");
    assertThat(host.said()).contains("no answer from 127.0.0.1").contains("the local image fits");
  }

  private void publish(Wanted wanted) {
    new Publish(host.store, host.repositories, host.log).run(wanted, Branch.MAIN);
  }

  private LocalImage ensure(Wanted wanted, boolean force, Supplier<LocalImage> build) {
    return new Ensure(host.store, host.repositories, host.log)
        .run(wanted, Branch.MAIN, force, build);
  }

  private Wanted wanted(String registry, String tools) {
    String yaml =
        "image: {registry: '%s', org: o, repo: r, arch: arm64, base: base, bootstrap-script: boot.sh, tools: %s}"
            .formatted(registry, tools);
    ImageConfig config = ImageConfig.read(Yaml.parse("bakehouse.yml", yaml).section("image"));
    return Wanted.of(
        new Checkout(checkout), config, Optional.empty(), host.store, host.repositories, host.log);
  }

  private Build build() {
    return new Build(
        host.store,
        host.repositories,
        (name, base, config) -> new HostVm(base, calls),
        temp.resolve("logs"),
        host.log);
  }
}
