package dev.bakehouse.snapshot;

/// What a snapshot holds.
///
/// @param nodes of all types
/// @param files hard links included
/// @param bytes of the files' contents, each file once
public record Totals(long nodes, long files, long bytes) {
  public static final Totals NONE = new Totals(0, 0, 0);

  Totals plus(Node node) {
    return switch (node) {
      case Node.File file -> new Totals(nodes + 1, files + 1, bytes + file.size());
      case Node.Hardlink link -> new Totals(nodes + 1, files + 1, bytes);
      case Node.Dir dir -> new Totals(nodes + 1, files, bytes);
      case Node.Symlink link -> new Totals(nodes + 1, files, bytes);
    };
  }
}
