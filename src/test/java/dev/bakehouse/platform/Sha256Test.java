package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Sha256Test {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 55, 56, 63, 64, 65, 65_535, 65_536, 65_537, 5_000_000})
  void isTheStandardsWhereverTheBytesLie(int size) throws Exception {
    byte[] bytes = new byte[size + 3];
    new Random(size).nextBytes(bytes);
    MessageDigest standard = MessageDigest.getInstance("SHA-256");
    standard.update(bytes, 3, size);
    byte[] once = standard.digest();
    standard.update(bytes, 3, size);
    standard.update(bytes, 3, size);
    byte[] twice = standard.digest();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment heap = MemorySegment.ofArray(bytes).asSlice(3, size);
      MemorySegment outside = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes).asSlice(3, size);
      assertThat(Sha256.of(heap)).isEqualTo(once);
      assertThat(Sha256.of(outside)).isEqualTo(once);
      assertThat(Sha256.of(outside, heap)).isEqualTo(twice);
      assertThat(Sha256.java(heap, outside)).isEqualTo(twice);
      MessageDigest bulk = Sha256.bulk();
      for (byte[] wanted : List.of(once, twice)) {
        bulk.update(bytes, 3, size / 2);
        bulk.update(bytes, 3 + size / 2, size - size / 2);
        if (wanted == twice) {
          bulk.update(bytes, 3, size);
        }
        assertThat(bulk.digest()).isEqualTo(wanted);
      }
    }
  }
}
