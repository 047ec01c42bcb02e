package dev.bakehouse.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryStoreTest {
  @TempDir Path dir;
  private DirectoryStore store;

  @BeforeEach
  void open() {
    store = new DirectoryStore(dir.resolve("store"));
  }

  @Test
  void anEmptyStoreHoldsNothing() throws IOException {
    assertThat(store.list("")).isEmpty();
    assertThat(store.stat("a/b")).isEmpty();
    assertThat(store.open("a/b")).isEmpty();
    assertThat(store.delete("a/b")).isFalse();
    assertThat(store.deleteAbandoned(Instant.now())).isZero();
    store.touch("a/b");
    assertThat(store.stat("a/b")).isEmpty();
  }

  @Test
  void anUploadIsSeenWhenPublishedAndNotBefore() throws IOException {
    try (Upload upload = store.upload()) {
      upload.stream().write("hello".getBytes());
      upload.stream().flush();
      assertThat(store.list("")).isEmpty();
      upload.publish("a/b.txt");
    }

    assertThat(read("a/b.txt")).isEqualTo("hello");
    assertThat(Files.getPosixFilePermissions(dir.resolve("store/a/b.txt")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(store.list("")).extracting(BlobInfo::key).containsExactly("a/b.txt");
    assertThat(store.list("a")).extracting(BlobInfo::size).containsExactly(5L);
    assertThat(store.list("b")).isEmpty();
    assertThat(store.delete("a/b.txt")).isTrue();
    assertThat(store.list("")).isEmpty();
  }

  @Test
  void anUploadThatIsDroppedLeavesNoFile() throws IOException {
    try (Upload upload = store.upload()) {
      upload.stream().write(new byte[300_000]);
    }

    assertThat(files()).isEmpty();
  }

  @Test
  void anUploadWhoseProcessDiedIsSweptLaterAndOnlyThen() throws IOException {
    Upload upload = store.upload();
    upload.stream().write(new byte[300_000]);

    assertThat(store.deleteAbandoned(Instant.now().minus(Duration.ofHours(1)))).isZero();
    assertThat(store.deleteAbandoned(Instant.now().plus(Duration.ofHours(1)))).isEqualTo(1);
    assertThat(files()).isEmpty();
    assertThatThrownBy(() -> upload.publish("late")).isInstanceOf(IOException.class);
    upload.close();
  }

  @Test
  void aReaderKeepsItsBytesWhenTheBlobIsReplacedOrDeleted() throws IOException {
    publish("k", "first");
    try (SeekableByteChannel before = store.open("k").orElseThrow()) {
      publish("k", "second");
      store.delete("k");
      ByteBuffer bytes = ByteBuffer.allocate(100);
      before.read(bytes);

      assertThat(new String(bytes.array(), 0, bytes.position())).isEqualTo("first");
    }
  }

  @Test
  void touchMakesABlobYoung() throws IOException {
    publish("k", "x");
    Instant old = Instant.now().minus(Duration.ofDays(40));
    Files.setLastModifiedTime(dir.resolve("store/k"), FileTime.from(old));

    store.touch("k");

    assertThat(store.stat("k").orElseThrow().modified())
        .isAfter(Instant.now().minus(Duration.ofMinutes(1)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/a", "a/", "a//b", "../a", "a/../b", ".uploads/x", "a b", "a\0", "."})
  void aKeyNeverLeavesTheStore(String key) {
    assertThatThrownBy(() -> store.open(key)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> publish(key, "x")).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3://bucket/x", "buildkite:", "http://x", "", "dir:", "/tmp/x"})
  void otherUrlsAreErrorsThatNameWhatWorks(String url) {
    assertThatThrownBy(() -> StoreUrl.open(url, dir))
        .isInstanceOfSatisfying(UserError.class, e -> assertThat(e.remedy()).contains("dir:PATH"));
  }

  @Test
  void aUrlsSecretIsNotShown() {
    assertThatThrownBy(() -> StoreUrl.open("s3://key:hunter2@bucket/x?token=hunter2", dir))
        .isInstanceOf(UserError.class)
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void aDirectoryUrlIsRelativeToItsBase() throws IOException {
    Files.writeString(dir.resolve("file"), "");

    assertThat(StoreUrl.open("dir:a/b", dir).url()).isEqualTo("dir:" + dir.resolve("a/b"));
    assertThatThrownBy(() -> StoreUrl.open("dir:file", dir))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not a directory");
  }

  private void publish(String key, String text) throws IOException {
    try (Upload upload = store.upload()) {
      upload.stream().write(text.getBytes());
      upload.publish(key);
    }
  }

  private String read(String key) throws IOException {
    try (SeekableByteChannel channel = store.open(key).orElseThrow()) {
      ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
      channel.read(bytes);
      return new String(bytes.array());
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(dir.resolve("store"))) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
