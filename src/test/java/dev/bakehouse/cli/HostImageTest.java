package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.GuestImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bakehouse image ensure` as a job's command, which the host carries out for the job's commit.
class HostImageTest {
  private static final int INFRASTRUCTURE = 125;

  @TempDir Path dir;
  private ImageProject project;
  private Path state;
  private ImageStore store;
  private String branch = "main";

  private String publish = "";

  @BeforeEach
  void project() throws IOException {
    project = new ImageProject(dir.resolve("org/repo"));
    state = dir.resolve("host");
    store = new ImageStore(state.resolve("images"));
  }

  @Test
  void theHostsSourceIsAskedFirstAndTheLocalImageServesWithoutIt() throws Exception {
    Path layout = dir.resolve("layout");
    push(3, layout);
    host("image: wanted, image-source: 'oci:" + layout + ":1'", "");
    commit();
    Outcome pulled = ensure("bakehouse image ensure");
    assertThat(pulled.status()).as(pulled.text()).isZero();
    assertThat(pulled.text()).contains("pulling oci:", "image wanted is here");
    String first = store.get("wanted").content();

    assertThat(ensure(".buildkite/scripts/ensure-bun-image.sh").text())
        .contains("the local image has the registry's digest")
        .doesNotContain("pulling");
    assertThat(ensure("bakehouse image ensure --force-refresh").text())
        .contains("a fresh copy is asked for", "pulling oci:");

    push(4, layout);
    assertThat(ensure("bakehouse image ensure").text()).contains("the registry's digest differs");
    assertThat(store.get("wanted").content()).isNotEqualTo(first);

    Directories.delete(layout);
    Outcome local = ensure("bakehouse image ensure");
    assertThat(local.status()).isZero();
    assertThat(local.text()).contains("is not there", "the local image fits");
    publish = "true";
    Outcome published = ensure("bakehouse image ensure");
    assertThat(published.status()).isEqualTo(INFRASTRUCTURE);
    assertThat(published.text())
        .contains(
            "the local image fits", "The image wanted is here and not in the registry as oci:");
    publish = "";

    Outcome nothing = ensure("bakehouse image ensure --force-refresh");
    assertThat(nothing.status()).isEqualTo(1);
    assertThat(nothing.text()).contains("decision: build", "there is no bootstrap script");
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("wanted");
    nothingIsLeft();
  }

  @Test
  void aCommitDoesNotSayWhereImagesLie() throws Exception {
    host("image: wanted", "");
    Files.writeString(
        project.root.resolve("bakehouse.yml"), "image: {registry: 'registry.invalid'}\n");
    commit();
    Outcome outcome = ensure("bakehouse image ensure");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.text()).contains("`image.registry`", "section into " + dir);
    Files.writeString(
        project.root.resolve("bakehouse.yml"), "image: {bootstrap-script: ../../outside}\n");
    commit();
    Outcome outside = ensure("bakehouse image ensure");
    assertThat(outside.status()).isEqualTo(1);
    assertThat(outside.text()).contains("`../../outside`", "does not lie in the checkout");
    Files.writeString(project.root.resolve("bakehouse.yml"), "image: {size: {cpus: 64}}\n");
    commit();
    Outcome large = ensure("bakehouse image ensure");
    assertThat(large.status()).isEqualTo(1);
    assertThat(large.text()).contains("more than this host gives", "`vm.limit`");
    nothingIsLeft();
  }

  @Test
  void theImageAHostNamesServesWhereThereIsNoSource() throws Exception {
    store.adopt("wanted", DiskFixture.make(dir.resolve("disk"), 3), Map.of(), "test");
    host("image: wanted", "");
    commit();
    Outcome outcome = ensure("bakehouse image ensure");
    assertThat(outcome.status()).as(outcome.text()).isZero();
    assertThat(outcome.text()).contains("`host.image`", "image wanted is here");
  }

  /// Its `image` section is not about what images are made from then.
  @Test
  void aHostThatFollowsARolloutStillTakesTheCommitsWord() throws Exception {
    store.adopt("wanted", DiskFixture.make(dir.resolve("disk"), 3), Map.of(), "test");
    String key =
        Command.of(Self.argv("image", "rollout", "keygen", "--out", dir.resolve("k").toString()))
            .check()
            .text()
            .replaceFirst("(?s).*public-key: ", "");
    host(
        "image: wanted",
        "image: {rollout: {public-key: '%s', repository: 'oci:%s'}}\n"
            .formatted(key, dir.resolve("layout")));
    Files.writeString(
        project.root.resolve("bakehouse.yml"), "image: {bootstrap-script: ../../outside}\n");
    commit();
    assertThat(ensure("bakehouse image ensure").text()).contains("image wanted is here");
    assertThat(ensure("bakehouse image ensure --force-refresh").text())
        .contains("`../../outside`", "does not lie in the checkout");
  }

  @Test
  void noAllowListLetsAJobChangeWhatHostsRun() throws Exception {
    host("image: wanted, allow: ['bakehouse image rollback', 'bakehouse image ensure']", "");
    commit();
    Outcome outcome = ensure("bakehouse image rollback");
    assertThat(outcome.status()).as(outcome.text()).isEqualTo(1);
    assertThat(outcome.text()).contains("no command that a job may run on the host");
    assertThat(ensure("bakehouse image ensure --why").text()).doesNotContain("decision: ");
  }

  @Test
  void anotherBranchNeverMakesTheImageThatOtherJobsRunIn() throws Exception {
    branch = "feature";
    project.script("scripts/bootstrap.sh", "true");
    commit();
    host("image: wanted, image-source: 'oci:" + dir.resolve("nowhere") + ":1'", image("absent"));
    Outcome given = ensure("bakehouse image ensure");
    assertThat(given.status()).as(given.text()).isEqualTo(1);
    assertThat(given.text()).contains("this branch may not make it");
    host("image: " + ImageProject.NAME, image("absent"));
    Outcome own = ensure("bakehouse image ensure");
    assertThat(own.text()).contains("local " + ImageProject.NAME + "-").contains("decision: build");
    assertThat(store.list()).isEmpty();
    nothingIsLeft();
  }

  @Test
  void aBaseThatCanNotBeHadIsTheMachinerysFailure() throws Exception {
    host("image: wanted", image("127.0.0.1:1/o/base:1"));
    project.script("scripts/bootstrap.sh", "true");
    commit();
    Outcome outcome = ensure("bakehouse image ensure");
    assertThat(outcome.status()).as(outcome.text()).isEqualTo(INFRASTRUCTURE);
    assertThat(outcome.text())
        .contains("decision: build", "phase image", "no answer from 127.0.0.1:1", "Check the");
    assertThat(store.list()).isEmpty();
    nothingIsLeft();
  }

  @Test
  @Tag("vm")
  void elseItIsBuiltFromTheCommitInAVm() throws Exception {
    store.adopt("debian", GuestImage.directory(), Map.of(), "test");
    host("image: wanted", image("debian"));
    Path trace = dir.resolve("ran-on-the-host");
    project.script(
        "scripts/bootstrap.sh",
        "test \"$(pwd)\" = /mnt/workspace; git rev-parse HEAD | sudo tee /etc/made\n"
            + "touch '"
            + trace
            + "' || true");
    commit();
    String head =
        Command.of("git", "-C", project.root.toString(), "rev-parse", "HEAD").run().text();
    Files.writeString(project.root.resolve("scripts/bootstrap.sh"), "exit 1\n");
    Outcome outcome = ensure("bakehouse image ensure");
    assertThat(outcome.status()).as(outcome.text()).isZero();
    assertThat(outcome.text())
        .contains("decision: build", "bootstrap: ", "as 1.2.14, latest", "run in `wanted`");
    LocalImage image = store.get(ImageProject.NAME);
    assertThat(ImageProject.cat(image.disk(), "/etc/made")).isEqualTo(head);
    assertThat(trace).doesNotExist();
    nothingIsLeft();
  }

  private void nothingIsLeft() throws IOException {
    try (var all = Files.list(state.resolve("checkouts"))) {
      assertThat(all.map(p -> p.getFileName().toString())).allMatch(n -> n.endsWith(".lock"));
    }
    if (Files.exists(state.resolve("vms"))) {
      try (var all = Files.list(state.resolve("vms"))) {
        assertThat(all.map(p -> p.getFileName().toString())).containsExactly(".lock");
      }
    }
  }

  private String image(String base) {
    return """
    image:
      registry: oci:%s
      arch: %s
      base: %s
      bootstrap-script: scripts/bootstrap.sh
      size: {cpus: 1, memory-mb: 1024, disk-gb: 5}
      deadlines: {boot: 300, address: 300, ssh: 300}
    """
        .formatted(dir.resolve("pushed"), ImageProject.ARCH, base);
  }

  private void host(String keys, String more) throws IOException {
    Files.writeString(
        dir.resolve("bakehouse.yml"),
        "host: {name: oven, state: '%s', slots: 1, %s}\nvm: {hypervisor: qemu}\n%s"
            .formatted(state, keys, more));
  }

  private void commit() {
    project.git("add", "-A");
    project.git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "A commit");
  }

  private Outcome ensure(String command) {
    String head =
        Command.of("git", "-C", project.root.toString(), "rev-parse", "HEAD").run().text();
    return Command.of(Self.argv("job", "bootstrap"))
        .in(dir)
        .env("BAKEHOUSE_CONFIG", dir.resolve("bakehouse.yml").toString())
        .env("BUILDKITE_JOB_ID", "00000000-0000-4000-8000-000000000001")
        .env("BUILDKITE_AGENT_NAME", "oven.1")
        .env("BUILDKITE_REPO", project.root.toString())
        .env("BUILDKITE_BRANCH", branch)
        .env("BUILDKITE_COMMIT", head)
        .env("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main")
        .env("BUILDKITE_PULL_REQUEST", "false")
        .env("BUILDKITE_AGENT_ENDPOINT", "http://127.0.0.1:1/v3")
        .env("BUILDKITE_AGENT_ACCESS_TOKEN", "none")
        .env("BUILDKITE_COMMAND", command)
        .env("BAKEHOUSE_PUBLISH_IMAGES", publish)
        .deadline(Duration.ofMinutes(10))
        .merged()
        .run();
  }

  private void push(long seed, Path layout) throws IOException {
    Path none = Path.of("/nonexistent");
    ImageStore source = new ImageStore(dir.resolve("source-" + seed));
    source.adopt("image", DiskFixture.make(dir.resolve("disk-" + seed), seed), Map.of(), "test");
    Repositories repositories =
        new Repositories(
            new Credentials(Map.of(), none, none, none, List.of()), true, dir.resolve("up"));
    new Transfer(source, repositories, new Log(new PrintStream(OutputStream.nullOutputStream())))
        .push("image", Reference.parse("oci:" + layout + ":1"), List.of("1"));
  }
}
