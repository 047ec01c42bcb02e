package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SliceIndexTest {
  private static final int SIZE = 40 * Blocks.SIZE + 777;

  @Test
  void anIndexReadsBackAndTellsWhereBlocksAre() throws IOException {
    byte[] raw = AppleLz4Test.mixed(SIZE, 1);
    Arrays.fill(raw, 5 * Blocks.SIZE, 20 * Blocks.SIZE, (byte) 0);
    byte[] blob = AppleLz4Test.frame(raw);
    SliceIndex index = index(raw);
    SliceIndex read = SliceIndex.decode(index.encode(), raw.length, blob.length, "it");
    assertThat(read.encode()).isEqualTo(index.encode());
    assertThat(read.blocks()).isEqualTo(41);
    assertThat(read.start(41) + 4).isEqualTo(blob.length);
    assertThat(read.zero(7)).isTrue();
    BlockReader reader = new BlockReader();
    for (int i : new int[] {0, 4, 20, 40}) {
      byte[] part =
          Arrays.copyOfRange(blob, (int) read.start(i), (int) read.start(i) + read.length(i));
      int n = Math.min(Blocks.SIZE, raw.length - i * Blocks.SIZE);
      byte[] block = reader.next(new ByteArrayInputStream(part), part.length, n);
      assertThat(
              Arrays.mismatch(
                  Arrays.copyOf(block, n),
                  Arrays.copyOfRange(raw, i * Blocks.SIZE, i * Blocks.SIZE + n)))
          .isEqualTo(-1);
    }
  }

  @Test
  void whatIsNoIndexOfTheSliceIsRefused() throws IOException {
    byte[] raw = AppleLz4Test.mixed(SIZE, 2);
    int blob = AppleLz4Test.frame(raw).length;
    byte[] good = index(raw).encode();
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> SliceIndex.decode(cut, SIZE, blob, "it"))
          .isInstanceOf(CorruptData.class);
    }
    assertThatThrownBy(
            () -> SliceIndex.decode(Arrays.copyOf(good, good.length + 1), SIZE, blob, ""))
        .isInstanceOf(CorruptData.class);
    assertThatThrownBy(() -> SliceIndex.decode(good, SIZE, blob + 1, "it"))
        .isInstanceOf(CorruptData.class);
    assertThatThrownBy(() -> SliceIndex.decode(good, 1L << 50, blob, "it"))
        .isInstanceOf(CorruptData.class);
  }

  @Test
  void damagedBytesEndInAnErrorOrAnIndexWithinBounds() throws IOException {
    byte[] raw = AppleLz4Test.mixed(SIZE, 3);
    int blob = AppleLz4Test.frame(raw).length;
    byte[] good = index(raw).encode();
    Random random = new Random(4);
    for (int i = 0; i < 20_000; i++) {
      byte[] bad = good.clone();
      for (int k = 0; k <= random.nextInt(3); k++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        SliceIndex index = SliceIndex.decode(bad, SIZE, blob, "it");
        assertThat(index.start(index.blocks()) + 4).isEqualTo(blob);
      } catch (CorruptData e) {
        assertThat(e.getMessage()).contains("it is corrupt");
      }
    }
  }

  @Test
  void gapsAreReadAlongTheSmallestFirstUpToAQuarter() throws IOException {
    byte[] noise = new byte[100 * Blocks.SIZE];
    new Random(5).nextBytes(noise);
    SliceIndex index = index(noise);
    BitSet needed = new BitSet();
    needed.set(0, 10);
    needed.set(12, 20);
    needed.set(21, 30);
    needed.set(60, 70);
    assertThat(ByteRanges.of(index, needed))
        .containsExactly(new ByteRanges.Run(0, 30), new ByteRanges.Run(60, 70));
    needed.clear();
    needed.set(3);
    needed.set(5);
    assertThat(ByteRanges.of(index, needed)).hasSize(2);
    assertThat(ByteRanges.of(index, new BitSet())).isEmpty();
  }

  private static SliceIndex index(byte[] raw) {
    Blocks blocks = new Blocks(raw.length);
    blocks.update(raw, 0, raw.length);
    long[] hashes = blocks.finish();
    int[] lengths = new int[hashes.length];
    byte[] frame = new byte[AppleLz4Writer.LARGEST_FRAME];
    for (int i = 0; i < lengths.length; i++) {
      int at = i * Blocks.SIZE;
      lengths[i] = AppleLz4Writer.frame(raw, at, Math.min(Blocks.SIZE, raw.length - at), frame, 0);
    }
    return SliceIndex.of(hashes, lengths);
  }
}
