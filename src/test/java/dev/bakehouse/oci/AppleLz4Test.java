package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AppleLz4Test {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13, 65_535, 65_536, 65_537, 3_000_000})
  void whatWeWriteAnIndependentDecoderReads(int size) throws IOException {
    byte[] raw = mixed(size, 1);
    byte[] frame = frame(raw);
    assertThat(independent(frame)).isEqualTo(raw);
    assertThat(decode(frame)).isEqualTo(raw);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 65_536, 200_000, 5_000_000})
  void framesWithLinkedBlocksDecode(int size) throws IOException {
    byte[] raw = mixed(size, 2);
    LinkedFrame encoder = new LinkedFrame();
    byte[] frame = encoder.encode(raw);
    assertThat(independent(frame)).isEqualTo(raw);
    assertThat(decode(frame)).isEqualTo(raw);
    assertThat(encoder.linked).matches(n -> size < 1_000_000 || n > 10);
  }

  @Test
  void randomBytesAreStoredAndZerosAreTiny() throws IOException {
    byte[] noise = new byte[65_536];
    new Random(3).nextBytes(noise);
    assertThat(frame(noise)).startsWith("bv4-".getBytes(StandardCharsets.US_ASCII));
    assertThat(frame(new byte[10 << 20]).length).isLessThan(60_000);
  }

  @Test
  void everyTruncationIsToldAndNothingHangsOrRunsOver() throws IOException {
    byte[] frame = frame(mixed(100_000, 4));
    for (int length = 0; length < frame.length; length += 1 + frame.length / 500) {
      byte[] cut = Arrays.copyOf(frame, length);
      assertThatThrownBy(() -> decode(cut)).isInstanceOf(AppleLz4Reader.BadFrame.class);
    }
  }

  @Test
  void damagedBytesNeverEscapeTheBounds() throws IOException {
    byte[] frame = frame(mixed(150_000, 5));
    Random random = new Random(6);
    for (int i = 0; i < 2_000; i++) {
      byte[] bad = frame.clone();
      bad[random.nextInt(bad.length)] ^= (byte) (1 + random.nextInt(255));
      try {
        assertThat(decode(bad).length).isLessThan(1 << 22);
      } catch (AppleLz4Reader.BadFrame e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  static byte[] frame(byte[] raw) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AppleLz4Writer writer = new AppleLz4Writer(out);
    writer.write(raw, 0, raw.length);
    writer.finish();
    return out.toByteArray();
  }

  private static byte[] decode(byte[] frame) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new AppleLz4Reader(new ByteArrayInputStream(frame)).decode(out::write);
    return out.toByteArray();
  }

  /// Text-like, zero and random stretches.
  static byte[] mixed(int size, long seed) {
    Random random = new Random(seed);
    byte[] raw = new byte[size];
    int at = 0;
    while (at < size) {
      int n = Math.min(size - at, 1 + random.nextInt(40_000));
      int kind = random.nextInt(4);
      for (int i = at; i < at + n; i++) {
        raw[i] =
            switch (kind) {
              case 0 -> 0;
              case 1 -> (byte) random.nextInt();
              case 2 -> (byte) "the quick brown fox ".charAt(i % 20);
              default -> i > 50_000 ? raw[i - 50_000] : (byte) (i / 7);
            };
      }
      at += n;
    }
    return raw;
  }

  private static byte[] independent(byte[] frame) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    while (true) {
      byte[] magic = new byte[4];
      in.get(magic);
      String kind = new String(magic, StandardCharsets.US_ASCII);
      if (kind.equals("bv4$")) {
        assertThat(in.hasRemaining()).isFalse();
        return out.toByteArray();
      }
      int raw = in.getInt();
      byte[] block = new byte[kind.equals("bv4-") ? raw : in.getInt()];
      in.get(block);
      if (kind.equals("bv4-")) {
        out.write(block);
        continue;
      }
      assertThat(raw).isLessThanOrEqualTo(65_536);
      byte[] before = out.toByteArray();
      try (var lz4 = new BlockLZ4CompressorInputStream(new ByteArrayInputStream(block))) {
        byte[] history =
            Arrays.copyOfRange(before, Math.max(0, before.length - 65_536), before.length);
        if (history.length > 0) {
          lz4.prefill(history);
        }
        byte[] got = lz4.readAllBytes();
        assertThat(got).hasSize(raw);
        out.write(got);
      }
    }
  }
}
