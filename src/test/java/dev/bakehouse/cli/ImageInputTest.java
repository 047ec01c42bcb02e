package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Images that can not be had: by hand an error with status 1, for a job one of the phase `image`
/// with status 125. Both say what went wrong and what to do, and leave nothing in the store.
class ImageInputTest {
  private static final int INFRASTRUCTURE = 125;

  @TempDir Path dir;
  private Path images;
  private Path layout;

  @BeforeEach
  void make() {
    images = dir.resolve("images");
    layout = dir.resolve("layout");
  }

  @Test
  void nothingOfThatNameInALayout() throws Exception {
    pushTo("oci:" + layout + ":there");
    bothSay("oci:" + layout + ":absent", "it is not there", "Check the name and the tag.");
    bothSay("oci:" + dir.resolve("none") + ":absent", "it is not there");
    assertThat(dir.resolve("none")).doesNotExist();
  }

  @Test
  void aRegistryThatIsDown() throws Exception {
    bothSay("127.0.0.1:1/o/image:1", "no answer from 127.0.0.1:1", "Check the network");
  }

  @Test
  @Tag("registry")
  void aRegistryThatWantsOtherCredentials() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(dir.resolve("registry"), true)) {
      String reference = registry.host() + "/o/image:1";
      bothSay(reference, "access denied", "TART_REGISTRY_PASSWORD");
      Outcome push = push(reference);
      assertThat(push.status()).isEqualTo(Exit.FAILED);
      assertThat(ImageProject.said(push)).contains("access denied").doesNotContain("wrong-word");
    }
  }

  @Test
  void aTornLayout() throws Exception {
    String reference = "oci:" + layout + ":1";
    pushTo(reference);
    List<Path> blobs = blobs();
    Path largest = blobs.getLast();
    byte[] whole = Files.readAllBytes(largest);

    byte[] other = whole.clone();
    other[whole.length / 2] ^= 1;
    Files.write(largest, other);
    bothSay(reference, String.valueOf(largest.getFileName()), "its bytes have sha256:");

    Files.write(largest, java.util.Arrays.copyOf(whole, whole.length / 2));
    bothSay(reference, String.valueOf(largest.getFileName()), "its bytes have sha256:");

    Files.delete(largest);
    bothSay(reference, String.valueOf(largest.getFileName()), "it is not there");

    Files.write(largest, whole);
    Files.writeString(layout.resolve("index.json"), "{\"manifests\": [");
    bothSay(reference, "index.json");
  }

  /// On a small file system of its own, in a mount namespace of its own. The image is small on its
  /// way and large when it is unpacked.
  @Test
  void aFullDisk() throws Exception {
    Path disk = DiskFixture.make(dir.resolve("fixture"), 5).resolve("disk.img");
    byte[] line = "the same line again and again\n".repeat(40_000).getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(disk)) {
      for (int i = 0; i < 40; i++) {
        out.write(line);
      }
    }
    String reference = "oci:" + layout + ":1";
    push(dir.resolve("fixture"), reference);
    Files.createDirectory(images);
    String script =
        "mount -t tmpfs -o size=16m none \"$1\" || exit 99; at=$1; shift; \"$@\"; status=$?;"
            + " find \"$at\" -type f ! -name '*.lock' ! -name '.*' -o -name '*.partial'; exit $status";
    List<String> argv =
        new ArrayList<>(List.of("unshare", "--map-root-user", "--mount", "sh", "-c", script, "-"));
    argv.add(images.toString());
    argv.addAll(jobRun(reference).argv());
    Outcome outcome = Command.of(argv).deadline(Duration.ofMinutes(3)).run();
    assertThat(outcome.status())
        .as("99: this machine lets nobody mount a tmpfs, so this was not tested; " + said(outcome))
        .isNotEqualTo(99);
    assertSays(outcome, INFRASTRUCTURE, "phase image", "it needs 48.0 MB", "MB free");
    assertThat(outcome.text()).as("what stays in the store").isEmpty();
  }

  /// The images of Tart lie where Tart keeps its VMs.
  @Test
  void theConfiguredHypervisorBuildsOrSaysThatItIsMissing() throws Exception {
    Path tart = dir.resolve("tart-home");
    new ImageStore(tart.resolve("vms"))
        .adopt("base", DiskFixture.make(dir.resolve("fixture"), 3), Map.of(), "test");
    ImageProject project = new ImageProject(dir.resolve("project"));
    project.script("scripts/bootstrap.sh", "true");
    project.configure("oci:" + layout, "base", "[]", 5);
    Path config = project.root.resolve("bakehouse.yml");
    Files.writeString(config, Files.readString(config) + "vm: {hypervisor: tart}\n");
    Outcome outcome =
        Command.of(Self.argv("image", "build"))
            .in(project.root)
            .env("TART_HOME", tart.toString())
            .env("PATH", "/usr/bin:/bin")
            .env("MACOS_RELEASE", null)
            .deadline(Duration.ofMinutes(2))
            .run();
    assertSays(outcome, Exit.FAILED, "building " + ImageProject.NAME + " from base", "Tart is not");
    assertThat(new ImageStore(tart.resolve("vms")).list())
        .extracting(LocalImage::name)
        .containsExactly("base");
    assertThat(project.state.resolve("vms")).doesNotExist();
  }

  /// What a job and a person at the keyboard are told.
  private void bothSay(String reference, String... words) throws IOException {
    Outcome job = jobRun(reference).run();
    assertSays(job, INFRASTRUCTURE, words);
    assertThat(said(job)).contains("phase image");
    nothingIsLeft(images);
    Path state = dir.resolve("state");
    Outcome hand = pull(reference, state).run();
    assertSays(hand, Exit.FAILED, words);
    nothingIsLeft(state.resolve("images"));
  }

  private static void assertSays(Outcome outcome, int status, String... words) {
    assertThat(outcome.status()).as(said(outcome)).isEqualTo(status);
    assertThat(said(outcome)).contains(words).doesNotContain("\tat ", "internal fault");
    assertThat(said(outcome).lines().filter(l -> l.matches(" {2}[A-Z`].*\\.?")))
        .as("a remedy in:\n" + said(outcome))
        .isNotEmpty();
  }

  /// But what was right, for the next attempt to go on with.
  private static void nothingIsLeft(Path store) throws IOException {
    assertThat(new ImageStore(store).list()).isEmpty();
    if (Files.exists(store)) {
      try (var all = Files.walk(store)) {
        assertThat(all.filter(Files::isRegularFile).map(store::relativize).map(Path::toString))
            .allMatch(name -> name.endsWith(".lock") || name.matches("\\.work/\\..*"));
      }
    }
  }

  private Command jobRun(String reference) throws IOException {
    Path config =
        Files.writeString(
            dir.resolve("bakehouse.yml"),
            """
            host: {name: oven, state: '%s', slots: 1, image: wanted, images: '%s',
              image-source: '%s', plain-http: true}
            vm: {hypervisor: qemu, cpus: 1, memory-mb: 512, disk-gb: 1}
            """
                .formatted(dir.resolve("host"), images, reference));
    return bakehouse("job", "run", "--config", config.toString(), "--", "true");
  }

  private Command pull(String reference, Path state) {
    return bakehouse("image", "pull", reference, "--plain-http", "--state", state.toString());
  }

  private Command bakehouse(String... args) {
    return Command.of(Self.argv(args))
        .in(dir)
        .env("TART_REGISTRY_USERNAME", "user")
        .env("TART_REGISTRY_PASSWORD", "wrong-word")
        .deadline(Duration.ofMinutes(2));
  }

  private Outcome push(String reference) throws IOException {
    Path state = dir.resolve("pusher");
    new ImageStore(state.resolve("images"))
        .adopt("mine", DiskFixture.make(dir.resolve("mine"), 7), Map.of(), "test");
    return bakehouse(
            "image", "push", "mine", reference, "--plain-http", "--state", state.toString())
        .run();
  }

  private void pushTo(String reference) throws IOException {
    push(DiskFixture.make(dir.resolve("fixture"), 3), reference);
  }

  private void push(Path image, String reference) {
    Path none = Path.of("/nonexistent");
    ImageStore store = new ImageStore(dir.resolve("source"));
    store.adopt("image", image, Map.of(), "test");
    Repositories repositories =
        new Repositories(
            new Credentials(Map.of(), none, none, none, List.of()), true, dir.resolve("up"));
    Reference to = Reference.parse(reference);
    PrintStream nobody = new PrintStream(OutputStream.nullOutputStream());
    new Transfer(store, repositories, new Log(nobody)).push("image", to, List.of(to.selector()));
    assertThat(store.list()).extracting(LocalImage::name).containsExactly("image");
  }

  /// By size.
  private List<Path> blobs() throws IOException {
    try (var all = Files.list(layout.resolve("blobs/sha256"))) {
      return all.sorted(java.util.Comparator.comparingLong(p -> p.toFile().length())).toList();
    }
  }

  private static String said(Outcome outcome) {
    return ImageProject.said(outcome);
  }
}
