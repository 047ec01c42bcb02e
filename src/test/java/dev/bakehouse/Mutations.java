package dev.bakehouse;

import java.util.Arrays;
import java.util.Random;

/// Small changes of bytes, as damage and hostility make them.
public final class Mutations {
  private Mutations() {}

  /// One to four changes: bits, bytes, an end cut off, a piece copied over another or put in twice.
  public static byte[] of(byte[] input, Random random) {
    byte[] mutated = input.clone();
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      mutated = once(mutated, random);
    }
    return mutated;
  }

  private static byte[] once(byte[] input, Random random) {
    if (input.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = random.nextInt(input.length);
    int length = 1 + random.nextInt(Math.min(16, input.length - at));
    byte[] next = input.clone();
    return switch (random.nextInt(5)) {
      case 0 -> {
        next[at] ^= (byte) (1 << random.nextInt(8));
        yield next;
      }
      case 1 -> {
        next[at] = (byte) random.nextInt();
        yield next;
      }
      case 2 -> Arrays.copyOf(input, at);
      case 3 -> {
        System.arraycopy(input, random.nextInt(input.length - length + 1), next, at, length);
        yield next;
      }
      default -> {
        byte[] longer = Arrays.copyOf(input, input.length + length);
        System.arraycopy(input, at, longer, at + length, input.length - at);
        yield longer;
      }
    };
  }
}
