package dev.bakehouse.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.snapshot.Node;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is read from a guest's disk is what programs that are not ours put there.
class Ext4TreeTest {
  private static final int MANY = 3000;
  private static final int LARGE = 5_000_000;

  @TempDir Path dir;
  private Path tree;
  private Path raw;

  @BeforeEach
  void make() throws Exception {
    Path top = Files.createDirectory(dir.resolve("top"));
    tree = Files.createDirectories(top.resolve("zig/local"));
    file("a", "1");
    file("a-b", "2");
    file("empty", "");
    file("odd \n \"name\" é", "3");
    file("a.d/x", "4");
    Files.createDirectory(tree.resolve("void"));
    Files.createSymbolicLink(tree.resolve("short"), Path.of("a.d/x"));
    Files.createSymbolicLink(tree.resolve("long"), Path.of("a.d/" + "y".repeat(200)));
    Files.createLink(tree.resolve("z-second"), tree.resolve("a.d/x"));
    Files.createDirectory(tree.resolve("many"));
    for (int i = 0; i < MANY; i++) {
      Files.writeString(tree.resolve("many/file-of-a-long-name-" + i), "n" + i);
    }
    byte[] large = new byte[LARGE];
    new Random(1).nextBytes(large);
    Files.write(tree.resolve("large"), large);
    try (RandomAccessFile sparse = new RandomAccessFile(tree.resolve("sparse").toFile(), "rw")) {
      sparse.seek(3_000_000);
      sparse.write("in the middle".getBytes(StandardCharsets.US_ASCII));
      sparse.setLength(9_000_000);
    }
    Files.setPosixFilePermissions(tree.resolve("a"), PosixFilePermissions.fromString("r-x--x---"));
    raw = GuestDisk.ext4(top, dir.resolve("raw.img"));
    // mke2fs copies whole seconds before 2038 only.
    GuestDisk.change(
        raw, "set_inode_field zig/local/a mtime 5\nset_inode_field zig/local/a mtime_extra 29\n");
  }

  @Test
  void listsWhatIsThereInOrder() throws Exception {
    List<Node> nodes = list(GuestDisk.open(raw));
    assertThat(nodes).extracting(Node::path).isSorted().doesNotHaveDuplicates();
    // 14 made by name with the top, and the many.
    assertThat(nodes).hasSize(14 + MANY);
    Map<String, Node> by = new TreeMap<>();
    nodes.forEach(n -> by.put(n.path(), n));
    assertThat(by.get("")).isInstanceOf(Node.Dir.class);
    assertThat(by.get("void")).isInstanceOf(Node.Dir.class);
    assertThat(by.get("short")).extracting("target").isEqualTo("a.d/x");
    assertThat(by.get("long")).extracting("target").isEqualTo("a.d/" + "y".repeat(200));
    assertThat(by.get("z-second")).isEqualTo(new Node.Hardlink("z-second", "a.d/x"));
    assertThat(by).containsKey(bytes("odd \n \"name\" é"));
    Node.File a = (Node.File) by.get("a");
    assertThat(a.mode()).isEqualTo(0510);
    assertThat(a.size()).isEqualTo(1);
    assertThat(a.mtime()).isEqualTo(((1L << 32) + 5) * 1_000_000_000L + 7);
    assertThat(((Node.File) by.get("sparse")).size()).isEqualTo(9_000_000);
  }

  @Test
  void readsContentsThroughLayersOfQcow2() throws Exception {
    Path one = GuestDisk.layer(raw, dir.resolve("1.qcow2"), dir.resolve("1.qcow2"));
    Path fresh = Files.writeString(dir.resolve("fresh"), "changed");
    GuestDisk.change(
        raw,
        """
        cd zig/local
        rm a
        write %s a
        write %s new
        rm empty
        """
            .formatted(fresh, fresh));
    Path two = GuestDisk.layer(raw, one, dir.resolve("2.qcow2"));
    assertThat(Files.size(two)).isLessThan(Files.size(one) / 2);
    assertThat(contents(GuestDisk.open(one))).isEqualTo(expected());
    Map<String, String> after = expected();
    after.put("a", "changed");
    after.put("new", "changed");
    after.remove("empty");
    assertThat(contents(GuestDisk.open(one, two))).isEqualTo(after);
    assertThatThrownBy(() -> GuestDisk.open(two)).isInstanceOf(IOException.class);
  }

  @Test
  void whatIsNotThereIsEmpty() throws Exception {
    List<Node> none = new ArrayList<>();
    new Ext4Tree(GuestDisk.open(raw), "zig/global").list(none::add);
    new Ext4Tree(GuestDisk.open(raw), "zig/local/a/b").list(none::add);
    assertThat(none).isEmpty();
  }

  /// Bits flipped where the file system keeps its own: an error or other files, never more.
  @Test
  void aHostileDiskIsAnErrorAndNoMore() throws Exception {
    int refused = 0;
    for (int round = 0; round < 100; round++) {
      // Superblock, descriptors, inode tables and the first directories; or the first only.
      int reach = round % 3 == 0 ? 4096 : 3 << 20;
      try (Blocks bad = new Flipped(Blocks.open(List.of(raw)), new Random(round), reach)) {
        contents(new Ext4(bad));
      } catch (IOException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void whatWasNotUnmountedIsRefused() throws Exception {
    GuestDisk.change(raw, "feature needs_recovery\n");
    assertThatThrownBy(() -> GuestDisk.open(raw)).hasMessageContaining("not unmounted");
    Files.write(raw, new byte[1 << 20]);
    assertThatThrownBy(() -> GuestDisk.open(raw)).hasMessageContaining("no ext4");
  }

  /// A name costs the guest some bytes of its disk, and this program many of its memory.
  @Test
  void aDirectoryOfTooManyNamesIsRefusedBeforeItFillsTheMemory() throws Exception {
    Ext4 fs = GuestDisk.open(raw);
    Ext4.Inode many = inode(fs, "zig", "local", "many");
    long cost = Names.of(fs, many, Names.ROOM).stream().mapToLong(Names.Name::cost).sum();
    assertThat(Names.of(fs, many, cost)).hasSize(MANY);
    assertThatThrownBy(() -> Names.of(fs, many, cost - 1)).isInstanceOf(Unreadable.class);
  }

  private static Ext4.Inode inode(Ext4 fs, String... names) throws IOException {
    Ext4.Inode at = fs.root();
    for (String name : names) {
      at =
          fs.inode(
              Names.of(fs, at, Names.ROOM).stream()
                  .filter(n -> n.name().equals(name))
                  .findFirst()
                  .orElseThrow()
                  .inode());
    }
    return at;
  }

  /// The boot block is the guest's: it may say that the disk is of another format.
  @Test
  void theFormatIsTheNamesAndNotTheGuests() throws Exception {
    try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
      disk.writeInt(0x514649fb);
      // Of version 3, with clusters of 2 MiB and more tables than memory.
      disk.writeInt(3);
      disk.seek(20);
      disk.writeInt(21);
      disk.writeLong(1L << 62);
      disk.writeInt(0);
      disk.writeInt(Integer.MAX_VALUE);
    }
    assertThat(list(GuestDisk.open(raw))).hasSize(14 + MANY);
    Path named = Files.move(raw, dir.resolve("raw.qcow2"));
    assertThatThrownBy(() -> GuestDisk.open(named)).isInstanceOf(Unreadable.class);
    Path other = Files.move(named, dir.resolve("raw"));
    assertThatThrownBy(() -> GuestDisk.open(other)).hasMessageContaining("no known format");
  }

  @Test
  void whatTheKernelFoundDamagedIsRefused() throws Exception {
    GuestDisk.change(raw, "set_super_value state 3\n");
    assertThatThrownBy(() -> GuestDisk.open(raw))
        .isInstanceOf(Unreadable.class)
        .hasMessageContaining("damaged");
  }

  /// Numbers of inodes are kept in a set of bits.
  @Test
  void moreInodesThanTheDiskHoldsAreRefused() throws Exception {
    GuestDisk.change(raw, "set_super_value inodes_count 2147483647\n");
    assertThatThrownBy(() -> GuestDisk.open(raw)).hasMessageContaining("nonsense");
  }

  /// A disk with 200 wrong bytes near its beginning.
  private record Flipped(Blocks disk, Map<Long, Byte> wrong) implements Blocks {
    Flipped(Blocks disk, Random random, int reach) {
      this(disk, new TreeMap<>());
      for (int n = 0; n < 200; n++) {
        wrong.put(1024L + random.nextInt(reach), (byte) random.nextInt(256));
      }
    }

    @Override
    public long size() {
      return disk.size();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
      int start = into.position();
      int length = into.remaining();
      disk.read(offset, into);
      for (int i = 0; i < length; i++) {
        Byte other = offset + i > 4 << 20 ? null : wrong.get(offset + i);
        if (other != null) {
          into.put(start + i, other);
        }
      }
    }

    @Override
    public void close() throws IOException {
      disk.close();
    }
  }

  private Map<String, String> expected() throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (var walk = Files.walk(tree)) {
      for (Path path :
          walk.filter(p -> Files.isRegularFile(p) && !Files.isSymbolicLink(p)).toList()) {
        String name = bytes(tree.relativize(path).toString());
        if (!name.equals("z-second")) {
          all.put(name, Files.readString(path, StandardCharsets.ISO_8859_1));
        }
      }
    }
    return all;
  }

  private static Map<String, String> contents(Ext4 fs) throws IOException {
    Map<String, String> all = new ConcurrentHashMap<>();
    List<Node.File> files =
        list(fs).stream().filter(Node.File.class::isInstance).map(Node.File.class::cast).toList();
    Ext4Tree source = new Ext4Tree(fs, "zig/local");
    source.read(
        files,
        (file, content) ->
            all.put(file.path(), new String(content.readAllBytes(), StandardCharsets.ISO_8859_1)));
    for (Node.File file : files) {
      String whole = all.getOrDefault(file.path(), "");
      if (file.size() >= 16 && file.size() == whole.length()) {
        assertThat(source.tail(file).orElseThrow())
            .asString(StandardCharsets.ISO_8859_1)
            .isEqualTo(whole.substring(whole.length() - 16));
      }
    }
    return new TreeMap<>(all);
  }

  private static List<Node> list(Ext4 fs) throws IOException {
    List<Node> nodes = new ArrayList<>();
    new Ext4Tree(fs, "zig/local").list(nodes::add);
    return nodes;
  }

  private static String bytes(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private void file(String name, String content) throws IOException {
    Path path = tree.resolve(name);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }
}
