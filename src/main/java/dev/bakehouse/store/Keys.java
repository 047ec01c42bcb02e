package dev.bakehouse.store;

import java.util.regex.Pattern;

/// The names of blobs.
public final class Keys {
  private static final Pattern KEY =
      Pattern.compile("[A-Za-z0-9_+=-][A-Za-z0-9._+=-]*(/[A-Za-z0-9_+=-][A-Za-z0-9._+=-]*)*");
  private static final int LONGEST = 900;

  private Keys() {}

  public static boolean valid(String key) {
    return key.length() <= LONGEST && KEY.matcher(key).matches();
  }

  /// @throws IllegalArgumentException when it is no key
  static String check(String key) {
    if (!valid(key)) {
      throw new IllegalArgumentException("not a key of a blob: " + key);
    }
    return key;
  }
}
