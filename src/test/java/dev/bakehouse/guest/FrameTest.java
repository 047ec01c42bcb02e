package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameTest {
  private final Random random = new Random(7);

  @Test
  void anyBytesComeBackAsTheyWent() {
    for (int round = 0; round < 300; round++) {
      List<byte[]> fields = List.of(bytes(round), bytes(random.nextInt(50)), new byte[0]);
      assertThat(Frame.decode(line(Frame.encode(fields))))
          .hasValueSatisfying(got -> assertThat(got).usingRecursiveComparison().isEqualTo(fields));
    }
  }

  @Test
  void aFrameIsOneLine() {
    byte[] frame = Frame.encode(List.of("a\nb\n\n".getBytes(UTF_8)));
    assertThat(new String(line(frame), UTF_8)).doesNotContain("\n");
  }

  @Test
  void damagedFramesAreNoFrames() {
    byte[] whole = line(Frame.encode(List.of("session".getBytes(UTF_8), "1".getBytes(UTF_8))));
    for (int cut = 0; cut < whole.length; cut++) {
      assertThat(Frame.decode(Arrays.copyOf(whole, cut))).as("cut at %d", cut).isEmpty();
      byte[] changed = whole.clone();
      changed[cut] ^= 0x20;
      assertThat(Frame.decode(changed)).as("changed at %d", cut).isEmpty();
    }
  }

  @Test
  void noiseIsNoFrameAndNoException() {
    for (int round = 0; round < 2000; round++) {
      byte[] noise = bytes(random.nextInt(200));
      if (noise.length > 12) {
        System.arraycopy("BKH1".getBytes(UTF_8), 0, noise, 0, 4);
      }
      assertThat(Frame.decode(noise)).isEqualTo(Optional.empty());
    }
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] line(byte[] frame) {
    return Arrays.copyOfRange(frame, 1, frame.length - 1);
  }
}
