package dev.bakehouse.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An IPv4 network, written `10.0.1.0/24`.
///
/// @param address its first address, as a number
/// @param bits length of the prefix, 8 to 30
public record Subnet(int address, int bits) {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})/(\\d{1,2})");

  /// @return nothing when the text is no network, or has bits set behind its prefix
  public static Optional<Subnet> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    int address = 0;
    for (int group = 1; group <= 4; group++) {
      int number = Integer.parseInt(form.group(group));
      if (number > 255) {
        return Optional.empty();
      }
      address = address << 8 | number;
    }
    int bits = Integer.parseInt(form.group(5));
    if (bits < 8 || bits > 30 || (address & ~mask(bits)) != 0) {
      return Optional.empty();
    }
    return Optional.of(new Subnet(address, bits));
  }

  /// Whether the two have an address in common.
  public boolean overlaps(Subnet other) {
    int mask = mask(Math.min(bits, other.bits));
    return (address & mask) == (other.address & mask);
  }

  /// The n-th address of it, `10.0.1.15` for 15.
  public String host(int n) {
    return dotted(address + n);
  }

  @Override
  public String toString() {
    return dotted(address) + "/" + bits;
  }

  private static int mask(int bits) {
    return -1 << (32 - bits);
  }

  private static String dotted(int number) {
    // No format: it reads the data of locales first, and every job of a host comes by here.
    return (number >>> 24)
        + "."
        + (number >>> 16 & 255)
        + "."
        + (number >>> 8 & 255)
        + "."
        + (number & 255);
  }
}
