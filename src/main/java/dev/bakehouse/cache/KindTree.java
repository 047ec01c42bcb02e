package dev.bakehouse.cache;

import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Node.Symlink;
import dev.bakehouse.snapshot.TreeSource;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What of a tree is saved of a kind: not what the kind leaves out, and no entry of ccache that was
/// not used for [#UNUSED]. Ccache touches what it uses, so an entry's time tells, whatever build
/// used it.
final class KindTree implements TreeSource {
  static final Duration UNUSED = Duration.ofDays(7);

  private final TreeSource tree;
  private final Kind kind;
  private final long oldest;
  private final Set<String> dropped = new HashSet<>();
  private boolean worth;
  private long pruned;

  KindTree(TreeSource tree, Kind kind, Instant now) {
    this.tree = tree;
    this.kind = kind;
    this.oldest = now.minus(UNUSED).getEpochSecond() * 1_000_000_000;
  }

  /// Whether there was anything but bookkeeping.
  boolean worth() {
    return worth;
  }

  /// Bytes of entries that were left out as unused.
  long pruned() {
    return pruned;
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    tree.list(
        node -> {
          if (kind.leavesOut(node.path())) {
            dropped.add(node.path());
            return;
          }
          boolean kept =
              switch (node) {
                case File file -> kept(file);
                case Symlink link -> !kind.leavesOut(link);
                case Hardlink link -> !dropped.contains(link.of());
                case Node.Dir dir -> true;
              };
          if (kept) {
            worth |= !(node instanceof Node.Dir) && kind.worthSaving(node.path());
            visitor.node(node);
          } else {
            dropped.add(node.path());
          }
        });
  }

  private boolean kept(File file) {
    boolean entry = kind.contents() == Kind.Contents.CCACHE && kind.worthSaving(file.path());
    if (entry && file.mtime() < oldest) {
      pruned += file.size();
      return false;
    }
    return true;
  }

  @Override
  public void read(List<File> files, Reader reader) throws IOException {
    tree.read(files, reader);
  }

  @Override
  public Optional<byte[]> tail(File file) throws IOException {
    return tree.tail(file);
  }
}
