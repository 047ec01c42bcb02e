package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TartFormatTest {
  @TempDir static Path shared;
  private Path temp;

  private static Path vm;
  private static LayoutRepository layout;
  private static Manifest pushed;

  @BeforeAll
  static void pushOnce() throws IOException {
    vm = DiskFixture.make(shared.resolve("vm"), 1);
    layout = new LayoutRepository(shared.resolve("layout"));
    pushed = push(layout, List.of("v1", "latest"), Optional.empty());
  }

  @BeforeEach
  void ownDirectory() throws IOException {
    temp = Files.createTempDirectory(shared, "test");
  }

  @Test
  void aLayoutGivesBackTheSameImageAndZerosStayHoles() throws IOException {
    assertThat(layout.head("v1")).contains(pushed.digest());
    assertThat(layout.tags()).contains("latest", "v1");
    Path back = Files.createDirectories(temp.resolve("back"));
    new TartPull(layout, layout.manifest("latest"), Progress.NONE).into(back);
    for (String file : List.of("disk.img", "config.json", "nvram.bin")) {
      assertThat(Files.mismatch(vm.resolve(file), back.resolve(file))).as(file).isEqualTo(-1);
    }
    assertThat(Digest.of(back.resolve("manifest.json"))).isEqualTo(pushed.digest());
    assertThat(allocated(back.resolve("disk.img"))).isLessThan(16L << 20);
  }

  @Test
  void theManifestIsTarts() {
    assertThat(new String(pushed.raw(), StandardCharsets.UTF_8))
        .startsWith("{\"annotations\":{")
        .contains("\"schemaVersion\":2")
        .contains("\"annotations\":{},\"digest\"");
    TartManifest tart = TartManifest.of(pushed, "it");
    assertThat(tart.diskSize()).isEqualTo(DiskFixture.SIZE);
    assertThat(tart.disk()).hasSize(3);
    assertThat(tart.disk().get(1).content()).isEqualTo(TartManifest.ZERO_SLICE);
    assertThat(pushed.annotations())
        .containsEntry("org.cirruslabs.tart.uncompressed-disk-size", "" + DiskFixture.SIZE)
        .containsKey("org.cirruslabs.tart.upload-time")
        .containsEntry("who", "me");
    assertThat(pushed.layers().getFirst().mediaType())
        .isEqualTo("application/vnd.cirruslabs.tart.config.v1");
    assertThat(pushed.layers().getLast().mediaType())
        .isEqualTo("application/vnd.cirruslabs.tart.nvram.v1");
  }

  @Test
  void unchangedSlicesKeepTheParentsDescriptors() throws IOException {
    Manifest again = push(layout, List.of("v2"), Optional.of(pushed));
    assertThat(again.layers()).isEqualTo(pushed.layers());
  }

  @Test
  void aFlippedByteOfABlobIsToldByDigest() throws IOException {
    LayoutRepository copy = copy();
    Descriptor slice = pushed.layers().get(1);
    Path blob = temp.resolve("copy/blobs/sha256").resolve(slice.digest().hex());
    try (RandomAccessFile file = new RandomAccessFile(blob.toFile(), "rw")) {
      file.seek(file.length() / 2);
      int old = file.read();
      file.seek(file.length() / 2);
      file.write(old ^ 1);
    }
    assertThatThrownBy(() -> pull(copy, pushed))
        .isInstanceOf(CorruptData.class)
        .hasMessageContaining(slice.digest().toString())
        .hasMessageContaining("its bytes have sha256:");
  }

  @Test
  void aBlobThatStopsEarlyIsTold() throws IOException {
    LayoutRepository copy = copy();
    Descriptor slice = pushed.layers().get(3);
    Path blob = temp.resolve("copy/blobs/sha256").resolve(slice.digest().hex());
    try (RandomAccessFile file = new RandomAccessFile(blob.toFile(), "rw")) {
      file.setLength(file.length() - 100);
    }
    assertThatThrownBy(() -> pull(copy, pushed)).isInstanceOf(CorruptData.class);
  }

  @Test
  void aWrongContentDigestAndAWrongFrameAreTold() throws IOException {
    List<Descriptor> layers = new ArrayList<>(pushed.layers());
    Descriptor slice = layers.get(3);
    layers.set(
        3,
        new Descriptor(
            slice.mediaType(),
            slice.digest(),
            slice.size(),
            Map.of(
                TartManifest.SLICE_SIZE,
                slice.annotations().get(TartManifest.SLICE_SIZE),
                TartManifest.SLICE_DIGEST,
                "sha256:" + "0".repeat(64))));
    Manifest lie = Manifest.of(pushed.config(), layers, pushed.annotations());
    assertThatThrownBy(() -> pull(layout, lie))
        .isInstanceOf(CorruptData.class)
        .hasMessageContaining("it decodes to");

    Path text = Files.writeString(temp.resolve("text"), "no frame at all");
    Digest digest = Digest.of(text);
    layout.writeBlob(digest, text);
    layers.set(3, new Descriptor(slice.mediaType(), digest, 15, slice.annotations()));
    Manifest noFrame = Manifest.of(pushed.config(), layers, pushed.annotations());
    assertThatThrownBy(() -> pull(layout, noFrame))
        .isInstanceOf(CorruptData.class)
        .hasMessageContaining("unknown block kind")
        .hasMessageContaining("its digest is right");
  }

  @Test
  void aManifestThatBreaksTartsRulesIsRefused() {
    List<Descriptor> layers = new ArrayList<>(pushed.layers());
    layers.add(layers.removeFirst());
    Manifest wrong = Manifest.of(pushed.config(), layers, Map.of());
    assertThatThrownBy(() -> TartManifest.of(wrong, "The image x"))
        .isInstanceOf(CorruptData.class)
        .hasMessageContaining("the first layer is of type");
  }

  @Test
  void absenceIsAnAnswer() {
    assertThat(layout.head("nope")).isEmpty();
    assertThatThrownBy(() -> layout.manifest("nope")).isInstanceOf(RegistryError.Absent.class);
  }

  @Test
  @Tag("registry")
  void aRegistryGivesBackTheSameImage() throws IOException {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false)) {
      RemoteRepository remote = remote(registry, Map.of());
      assertThat(remote.head("v1")).isEmpty();
      assertThatThrownBy(() -> remote.manifest("v1")).isInstanceOf(RegistryError.Absent.class);
      Manifest manifest = push(remote, List.of("v1", "latest"), Optional.empty());
      assertThat(remote.head("latest")).contains(manifest.digest());
      assertThat(remote.tags())
          .satisfiesExactly(
              chunks -> assertThat(chunks).startsWith("chunks-"),
              tag -> assertThat(tag).isEqualTo("latest"),
              tag -> assertThat(tag).isEqualTo("v1"));
      Path back = Files.createDirectories(temp.resolve("back"));
      new TartPull(remote, remote.manifest(manifest.digest().toString()), Progress.NONE).into(back);
      assertThat(Files.mismatch(vm.resolve("disk.img"), back.resolve("disk.img"))).isEqualTo(-1);
    }
  }

  @Test
  @Tag("registry")
  void aRegistryWithLoginsTellsWhoMayNot() throws IOException {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), true)) {
      assertThatThrownBy(() -> remote(registry, Map.of()).head("v1"))
          .isInstanceOf(RegistryError.Denied.class);
      assertThatThrownBy(() -> remote(registry, login("wrong")).head("v1"))
          .isInstanceOf(RegistryError.Denied.class)
          .message()
          .doesNotContain("wrong");
      RemoteRepository remote = remote(registry, login("s3cret"));
      Manifest manifest = push(remote, List.of("v1"), Optional.empty());
      assertThat(remote.head("v1")).contains(manifest.digest());
    }
  }

  @Test
  void noRegistryAtAllIsNoAnswer() {
    Reference.Remote nobody = new Reference.Remote("127.0.0.1:9", "a/b", "v1");
    RemoteRepository remote = new RemoteRepository(nobody, credentials(Map.of()), true, temp);
    assertThatThrownBy(() -> remote.head("v1"))
        .isInstanceOf(RegistryError.Unreachable.class)
        .hasMessageContaining("127.0.0.1:9");
  }

  private static Map<String, String> login(String password) {
    return Map.of("TART_REGISTRY_USERNAME", "user", "TART_REGISTRY_PASSWORD", password);
  }

  private static Credentials credentials(Map<String, String> environment) {
    Path none = Path.of("/nonexistent");
    return new Credentials(environment, none, none, none, List.of());
  }

  private RemoteRepository remote(DockerRegistry registry, Map<String, String> environment) {
    return new RemoteRepository(
        new Reference.Remote(registry.host(), "o/r/vm", "v1"),
        credentials(environment),
        true,
        temp);
  }

  private static Manifest push(Repository to, List<String> tags, Optional<Manifest> parent)
      throws IOException {
    return new TartPush(to, parents(to, parent), to.staging().resolve("push"), Progress.NONE)
        .push(vm, tags, Map.of("l", "x"), Map.of("who", "me"));
  }

  private static List<Parent> parents(Repository to, Optional<Manifest> parent) {
    return parent.stream().map(manifest -> new Parent(manifest, Optional.of(to))).toList();
  }

  private void pull(Repository from, Manifest manifest) throws IOException {
    Path target = Files.createTempDirectory(temp, "pull");
    new TartPull(from, manifest, Progress.NONE).into(target);
  }

  private LayoutRepository copy() throws IOException {
    Path blobs = Files.createDirectories(temp.resolve("copy/blobs/sha256"));
    for (Descriptor layer : pushed.layers()) {
      Path blob = blobs.resolve(layer.digest().hex());
      if (!Files.exists(blob)) {
        Files.copy(shared.resolve("layout/blobs/sha256").resolve(layer.digest().hex()), blob);
      }
    }
    return new LayoutRepository(temp.resolve("copy"));
  }

  private static long allocated(Path file) throws IOException {
    return Long.parseLong(Command.of("du", "-k", file.toString()).check().text().split("\\s")[0])
        * 1024;
  }
}
