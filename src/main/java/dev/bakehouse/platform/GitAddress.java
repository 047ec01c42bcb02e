package dev.bakehouse.platform;

import java.util.Locale;

/// Addresses of repositories, which are written in several ways.
public final class GitAddress {
  private GitAddress() {}

  /// `host/owner/name` of `https://user@host/owner/name.git`, `git@host:owner/name` and
  /// `ssh://git@host:22/owner/name/`: the same for all spellings of one place.
  public static String place(String address) {
    String plain = address.strip().toLowerCase(Locale.ROOT).replaceFirst("^[a-z+]+://", "");
    return plain
        .replaceFirst("^[^/@]*@", "")
        .replaceFirst("^([^/:]+):([0-9]+/)?", "$1/")
        .replaceFirst("/+$", "")
        .replaceFirst("\\.git$", "")
        .replaceFirst("/+$", "");
  }
}
