package dev.bakehouse.platform;

/// Whether someone is watching.
public final class Terminal {
  private static final int STANDARD_OUTPUT = 1;
  private static final int STANDARD_ERROR = 2;

  private Terminal() {}

  /// Whether messages go to a terminal, whose lines can be rewritten.
  public static boolean showsErrors() {
    return shows(STANDARD_ERROR);
  }

  /// Whether answers go to a terminal, which can show more than ASCII.
  public static boolean showsOutput() {
    return shows(STANDARD_OUTPUT);
  }

  private static boolean shows(int descriptor) {
    return FileDescriptor.isTerminal(descriptor)
        && !"dumb".equals(System.getenv().getOrDefault("TERM", "dumb"));
  }
}
