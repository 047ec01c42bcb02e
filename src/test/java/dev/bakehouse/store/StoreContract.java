package dev.bakehouse.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What every kind of store does. Each test gets an empty one.
public abstract class StoreContract {
  private BlobStore store;

  protected abstract BlobStore empty() throws Exception;

  /// Whether it deletes, or only lets things expire.
  protected boolean deletes() {
    return true;
  }

  /// How many blobs a test of many takes; each may cost a process.
  protected int many() {
    return 40;
  }

  @BeforeEach
  final void openEmpty() throws Exception {
    store = empty();
  }

  protected final BlobStore store() {
    return store;
  }

  @Test
  void anEmptyStoreHoldsNothing() throws IOException {
    assertThat(store.list("")).isEmpty();
    assertThat(store.list("a")).isEmpty();
    assertThat(store.stat("a/b")).isEmpty();
    assertThat(store.open("a/b")).isEmpty();
    assertThat(store.read("a/b", 10)).isEmpty();
    assertThat(store.read("a/b", 5, ByteBuffer.allocate(1))).isFalse();
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

    assertThat(read(store, "a/b.txt")).isEqualTo("hello");
    BlobInfo there = store.stat("a/b.txt").orElseThrow();
    assertThat(there.size()).isEqualTo(5);
    assertThat(there.modified())
        .isBetween(Instant.now().minusSeconds(120), Instant.now().plusSeconds(120));
    assertThat(store.list("")).containsExactly(there);
    assertThat(store.list("a")).containsExactly(there);
  }

  @Test
  void aPrefixIsWholeSegments() throws IOException {
    for (String key : List.of("a/1", "a/b/2", "ab/3", "a-b/4", "a+=._b/5")) {
      publish(store, key, "x");
    }

    assertThat(store.list("a")).extracting(BlobInfo::key).containsExactlyInAnyOrder("a/1", "a/b/2");
    assertThat(store.list("a/b")).extracting(BlobInfo::key).containsExactly("a/b/2");
    assertThat(store.list("a+=._b")).extracting(BlobInfo::key).containsExactly("a+=._b/5");
    assertThat(store.list("")).hasSize(5);
    assertThat(read(store, "a+=._b/5")).isEqualTo("x");
  }

  @Test
  void anUploadThatIsDroppedLeavesNothing() throws IOException {
    try (Upload upload = store.upload()) {
      upload.stream().write(new byte[300_000]);
    }

    assertThat(store.list("")).isEmpty();
    assertThat(store.deleteAbandoned(Instant.now().plus(Duration.ofHours(1)))).isZero();
  }

  @Test
  void aLaterUploadReplaces() throws IOException {
    publish(store, "k", "first");
    BlobInfo before = store.stat("k").orElseThrow();
    publish(store, "k", "second");

    assertThat(read(store, "k")).isEqualTo("second");
    assertThat(store.stat("k").orElseThrow().version()).isNotEqualTo(before.version());
    assertThat(store.list("")).hasSize(1);
  }

  @Test
  void aReaderNeverMixesTwoBlobs() throws IOException {
    byte[] first = random(1, 900_000);
    publish(store, "k", first);
    try (SeekableByteChannel reader = store.open("k").orElseThrow()) {
      ByteBuffer half = ByteBuffer.allocate(450_000);
      fill(reader, half);
      publish(store, "k", random(2, 900_000));
      ByteBuffer rest = ByteBuffer.allocate(450_000);
      try {
        fill(reader, rest);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("k in ").hasMessageContaining("while it was read");
        return;
      }
      assertThat(half.array()).isEqualTo(Arrays.copyOf(first, 450_000));
      assertThat(rest.array()).isEqualTo(Arrays.copyOfRange(first, 450_000, 900_000));
    }
  }

  @Test
  void partsAndSmallBlobsCanBeReadWithoutAReader() throws IOException {
    byte[] bytes = random(3, 200_000);
    publish(store, "k", bytes);

    assertThat(part(0, 100)).isEqualTo(Arrays.copyOf(bytes, 100));
    assertThat(part(70_000, 120_000)).isEqualTo(Arrays.copyOfRange(bytes, 70_000, 190_000));
    assertThat(part(199_000, 5000)).isEqualTo(Arrays.copyOfRange(bytes, 199_000, 200_000));
    assertThat(part(200_000, 10)).isEmpty();
    assertThat(part(300_000, 10)).isEmpty();
    WholeBlob whole = store.read("k", 1 << 20).orElseThrow();
    assertThat(whole.bytes()).isEqualTo(bytes);
    assertThat(whole.info()).isEqualTo(store.stat("k").orElseThrow());
    assertThat(store.read("k", 100_000).orElseThrow().bytes())
        .isEqualTo(Arrays.copyOf(bytes, 100_000));
  }

  private byte[] part(long from, int length) throws IOException {
    // What is before and behind the place of a part stays.
    ByteBuffer to = ByteBuffer.allocate(length + 20).position(7).limit(length + 7);
    assertThat(store.read("k", from, to)).isTrue();
    assertThat(Arrays.copyOf(to.array(), 7)).containsOnly(0);
    assertThat(Arrays.copyOfRange(to.array(), length + 7, length + 20)).containsOnly(0);
    return Arrays.copyOfRange(to.array(), 7, to.position());
  }

  @Test
  void anyPartCanBeRead() throws IOException {
    byte[] bytes = random(3, 3_000_000);
    publish(store, "k", bytes);
    Random random = new Random(4);
    try (SeekableByteChannel reader = store.open("k").orElseThrow()) {
      assertThat(reader.size()).isEqualTo(bytes.length);
      for (int i = 0; i < 25; i++) {
        int from = random.nextInt(bytes.length);
        int count = Math.min(bytes.length - from, 1 << random.nextInt(21));
        ByteBuffer part =
            i % 2 == 0 ? ByteBuffer.allocate(count) : ByteBuffer.allocateDirect(count);
        fill(reader.position(from), part);
        byte[] got = new byte[count];
        part.flip().get(got);
        assertThat(got).isEqualTo(Arrays.copyOfRange(bytes, from, from + count));
      }
      assertThat(reader.position(bytes.length).read(ByteBuffer.allocate(1))).isEqualTo(-1);
      assertThat(reader.position(bytes.length + 9L).read(ByteBuffer.allocate(1))).isEqualTo(-1);
      assertThat(reader.position(0).read(ByteBuffer.allocate(0))).isZero();
    }
    assertThat(all(store, "k")).isEqualTo(bytes);
  }

  @Test
  void aBlobMayBeEmpty() throws IOException {
    publish(store, "k", new byte[0]);

    assertThat(store.stat("k").orElseThrow().size()).isZero();
    assertThat(all(store, "k")).isEmpty();
  }

  @Test
  void aBlobLargerThanMemoryHoldsComesBack() throws IOException {
    byte[] bytes = random(5, 40 << 20);
    publish(store, "large", bytes);

    assertThat(store.stat("large").orElseThrow().size()).isEqualTo(bytes.length);
    assertThat(Arrays.equals(all(store, "large"), bytes)).isTrue();
    assertThat(store.deleteAbandoned(Instant.now().plus(Duration.ofHours(1)))).isZero();
  }

  @Test
  void ofEightAtOnceOneStandsAndItIsWhole() throws Exception {
    List<Callable<Boolean>> savers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      byte[] bytes = random(i, 100_000 + i);
      savers.add(
          () -> {
            publish(store, "k", bytes);
            return true;
          });
    }

    assertThat(atOnce(savers)).hasSize(8);
    byte[] there = all(store, "k");
    assertThat(there).isEqualTo(random(there.length - 100_000, there.length));
    assertThat(store.list("")).hasSize(1);
  }

  @Test
  void deleteTellsWhetherItWasThere() throws IOException {
    publish(store, "a/b", "x");

    assertThat(store.delete("a/b")).isEqualTo(deletes());
    assertThat(store.delete("a/b")).isFalse();
    if (!deletes()) {
      assertThat(read(store, "a/b")).isEqualTo("x");
      return;
    }
    assertThat(store.stat("a/b")).isEmpty();
    assertThat(store.open("a/b")).isEmpty();
    assertThat(store.list("")).isEmpty();
  }

  @Test
  void touchKeepsTheBytes() throws IOException {
    publish(store, "k", "x");
    BlobInfo before = store.stat("k").orElseThrow();

    store.touch("k");

    BlobInfo after = store.stat("k").orElseThrow();
    assertThat(after.modified()).isAfterOrEqualTo(before.modified());
    assertThat(read(store, "k")).isEqualTo("x");
    assertThat(store.list("")).containsExactly(after);
  }

  @Test
  void manyReadersAtOnceGetEachTheirBytes() throws Exception {
    List<Callable<Boolean>> readers = new ArrayList<>();
    for (int i = 0; i < many(); i++) {
      String key = "small/" + i;
      byte[] bytes = random(i, 2000 + i);
      publish(store, key, bytes);
      for (int j = 0; j < 5; j++) {
        readers.add(() -> Arrays.equals(all(store, key), bytes));
      }
    }

    assertThat(atOnce(readers)).hasSize(5 * many()).containsOnly(true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/a", "a/", "a//b", "../a", "a/../b", ".uploads/x", "a b", "a\0", ".", "a/é"})
  void aKeyNeverLeavesTheStore(String key) {
    assertThatThrownBy(() -> store.open(key)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.stat(key)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> publish(store, key, "x")).isInstanceOf(IllegalArgumentException.class);
  }

  private static <T> List<T> atOnce(List<Callable<T>> work) throws Exception {
    List<T> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (Future<T> each : threads.invokeAll(work)) {
        results.add(each.get());
      }
    }
    return results;
  }

  public static void publish(BlobStore store, String key, String text) throws IOException {
    publish(store, key, text.getBytes());
  }

  public static void publish(BlobStore store, String key, byte[] bytes) throws IOException {
    try (Upload upload = store.upload()) {
      upload.stream().write(bytes);
      upload.publish(key);
    }
  }

  public static String read(BlobStore store, String key) throws IOException {
    return new String(all(store, key));
  }

  public static byte[] all(BlobStore store, String key) throws IOException {
    try (SeekableByteChannel channel = store.open(key).orElseThrow()) {
      ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
      fill(channel, bytes);
      return bytes.array();
    }
  }

  private static void fill(SeekableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
      // Until it is full or there is no more.
    }
  }

  public static byte[] random(long seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
