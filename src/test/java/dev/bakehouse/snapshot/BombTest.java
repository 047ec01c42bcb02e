package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.snapshot.Node.File;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Few bytes that would take much room or time.
@Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BombTest {
  @TempDir Path dir;

  /// A frame takes five bytes of zeros, which compress to nothing, and forty when it is read.
  @Test
  void framesOfNoPartsAreRefused() {
    int frames = 12 << 20;
    Out columns = new Out().number(1).number(1).number(frames);
    for (int i = 0; i < 9; i++) {
      byte[] column = new byte[i == 5 ? 5 * frames : 1];
      columns.number(column.length).raw(column);
    }
    byte[] content = packed(columns.bytes(), new byte[PackId.BYTES]);
    assertThat(content).hasSizeLessThan(1 << 14);
    assertThatThrownBy(() -> new Shard(content, packed(new byte[1], new byte[0])).entries())
        .isInstanceOf(Malformed.class)
        .hasMessageContaining("frames of no parts");
  }

  @Test
  void pathsThatAreLongTogetherAreRefused() {
    String common = "p".repeat(30_000);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < Shard.MOST_NODES; i++) {
      entries.add(Entry.of(new Node.Dir(common + i, 0755, 0)));
    }
    Shard shard = ShardWriter.encode(entries);
    assertThat(shard.content()).hasSizeLessThan(1 << 17);
    assertThatThrownBy(shard::entries)
        .isInstanceOf(Malformed.class)
        .hasMessageContaining("too long together");
  }

  @Test
  void pathsAndTargetsNoSystemOpensAreRefusedWhenTheyAreSavedToo() {
    String much = "x/".repeat(2100) + "x";
    for (Node node :
        List.of(
            new File(much, 0644, 0, 1, -1, -1),
            new Node.Symlink("link", 0, "./".repeat(2100) + "x"))) {
      assertThatThrownBy(() -> new TreeCheck().add(node)).isInstanceOf(Malformed.class);
    }
  }

  @Test
  void aTimeOfABillionDigitsIsRefusedAtOnce() throws IOException {
    for (String time : List.of("1e999999999", "1E+99999999", "1".repeat(1 << 19))) {
      String record = " mtime=" + time + "\n";
      int length = record.length() + 1;
      while (String.valueOf(length).length() + record.length() != length) {
        length++;
      }
      byte[] extended = (length + record).getBytes();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      TarOutput tar = new TarOutput(out);
      tar.header('x', "pax", 0644, 0, extended.length, "");
      out.write(extended);
      tar.pad(extended.length);
      tar.header('5', "d/", 0755, 0, 0, "");
      tar.end();
      assertThatThrownBy(() -> TarTree.read(new ByteArrayInputStream(out.toByteArray()), dir))
          .isInstanceOf(Malformed.class)
          .hasMessageContaining("a time that is no number");
    }
  }

  private static byte[] packed(byte[] columns, byte[] rest) {
    byte[] compressed = Zstd.compress(columns, 0, columns.length);
    return new Out()
        .number(columns.length)
        .number(compressed.length)
        .raw(compressed)
        .raw(rest)
        .bytes();
  }
}
