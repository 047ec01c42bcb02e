package dev.bakehouse.platform;

/// Whether someone is watching.
public final class Terminal {
  private static final int STANDARD_ERROR = 2;

  private Terminal() {}

  /// Whether messages go to a terminal, whose lines can be rewritten.
  public static boolean showsErrors() {
    return FileDescriptor.isTerminal(STANDARD_ERROR)
        && !"dumb".equals(System.getenv().getOrDefault("TERM", "dumb"));
  }
}
