package dev.bakehouse.volume;

import dev.bakehouse.platform.Threads;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.TreeSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// One directory of a guest's file system, as a tree to save. What is neither file, directory nor
/// link is left out.
final class Ext4Tree implements TreeSource {
  private static final int TAIL = 16;
  private static final int DEEPEST = 200;
  private static final int LONGEST_TARGET = 4095;
  private static final int MOST_NODES = 10_000_000;

  /// As long as a path can be for a program.
  private static final int LONGEST_PATH = 4095;

  /// What the first names of files with several may cost in memory.
  private static final long LINKED = 128L << 20;

  /// All files together against the disk: sparse files may be larger, but not at will.
  private static final int LARGEST = 4;

  private final Ext4 fs;
  private final String top;

  /// @param top path of the directory
  Ext4Tree(Ext4 fs, String top) {
    this.fs = fs;
    this.top = top;
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    Optional<Ext4.Inode> directory = find();
    if (directory.isPresent()) {
      new Walk(visitor).enter("", directory.get(), Long.MIN_VALUE, 0);
    }
  }

  /// Empty when it is not there, or is no directory.
  private Optional<Ext4.Inode> find() throws IOException {
    Ext4.Inode at = fs.root();
    for (String segment : top.split("/", -1)) {
      Optional<Names.Name> next =
          Names.of(fs, at, Names.ROOM).stream().filter(n -> n.name().equals(segment)).findFirst();
      if (next.isEmpty()) {
        return Optional.empty();
      }
      at = fs.inode(next.get().inode());
      if (!at.directory()) {
        return Optional.empty();
      }
    }
    return Optional.of(at);
  }

  private final class Walk {
    private final Visitor visitor;
    private final BitSet directories = new BitSet();
    private final Map<Long, String> linked = new HashMap<>();
    private int nodes;
    private long bytes;
    private long room = Names.ROOM;
    private long linkedRoom = LINKED;

    Walk(Visitor visitor) {
      this.visitor = visitor;
    }

    /// A directory's own place in the order is its name's, that of what it holds is its name's with
    /// a slash: `a`, `a-b`, `a/b`.
    private record Step(String key, Names.Name name, boolean inside) {}

    private void enter(String path, Ext4.Inode directory, long above, int depth)
        throws IOException {
      long since = Node.since(above, directory.mtime(), directory.ctime());
      int bit = (int) Math.min(directory.number(), Integer.MAX_VALUE);
      if (depth > DEEPEST || directories.get(bit)) {
        throw new Unreadable("directories of the volume run in a circle or too deep");
      }
      directories.set(bit);
      if (depth == 0) {
        visitor.node(new Node.Dir("", directory.mode(), directory.mtime()));
      }
      List<Step> steps = new ArrayList<>();
      long cost = 0;
      for (Names.Name name : Names.of(fs, directory, room)) {
        steps.add(new Step(name.name(), name, false));
        if (name.within()) {
          steps.add(new Step(name.name() + "/", name, true));
        }
        cost += name.cost();
      }
      room -= cost;
      steps.sort(Comparator.comparing(Step::key));
      String prefix = path.isEmpty() ? "" : path + "/";
      for (Step step : steps) {
        Ext4.Inode inode = fs.inode(step.name().inode());
        String full = prefix + step.name().name();
        if (full.length() > LONGEST_PATH || (inode.directory() && !step.name().within())) {
          throw new Unreadable("a directory of the volume is nonsense");
        }
        if (!step.inside()) {
          Optional<Node> node = node(full, inode, since);
          if (node.isPresent()) {
            visitor.node(node.get());
          }
        } else if (inode.directory()) {
          enter(full, inode, since, depth + 1);
        }
      }
      room += cost;
    }

    /// The first name of a file with several; null when this is it.
    private @Nullable String first(long inode, String path) throws IOException {
      String first = linked.putIfAbsent(inode, path);
      linkedRoom -= first == null ? 160 + path.length() : 0;
      if (linkedRoom < 0) {
        throw new Unreadable("the volume holds too many hard links");
      }
      return first;
    }

    private void insistBounded(long size) throws IOException {
      long most = LARGEST * fs.blocks() * fs.blockSize();
      if (size < 0 || size > most - bytes) {
        throw new Unreadable("the volume's files claim to be larger than any disk");
      }
      bytes += size;
    }

    private Optional<Node> node(String path, Ext4.Inode inode, long since) throws IOException {
      if (nodes++ == MOST_NODES) {
        throw new Unreadable("the volume holds more than " + MOST_NODES + " files");
      }
      if (inode.directory()) {
        return Optional.of(new Node.Dir(path, inode.mode(), inode.mtime()));
      }
      if (inode.symlink()) {
        return Optional.of(new Node.Symlink(path, inode.mtime(), target(inode)));
      }
      if (!inode.regular()) {
        return Optional.empty();
      }
      insistBounded(inode.size());
      String first = inode.links() > 1 ? first(inode.number(), path) : null;
      return Optional.of(
          first == null
              ? new Node.File(
                  path,
                  inode.mode(),
                  inode.mtime(),
                  inode.size(),
                  Math.max(since, inode.ctime()),
                  inode.number())
              : new Node.Hardlink(path, first));
    }
  }

  private String target(Ext4.Inode inode) throws IOException {
    Optional<byte[]> inside = inode.shortTarget();
    if (inside.isEmpty() && (inode.size() < 1 || inode.size() > LONGEST_TARGET)) {
      throw new Unreadable("a symbolic link with a target of " + inode.size() + " bytes");
    }
    byte[] target = inside.isPresent() ? inside.get() : new Extents(fs, inode).readAllBytes();
    return new String(target, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void read(List<Node.File> files, Reader reader) throws IOException {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    int workers =
        Math.min(Runtime.getRuntime().availableProcessors(), Math.ceilDiv(files.size(), 8));
    Runnable work =
        () -> {
          try {
            for (int i = next.getAndIncrement(); i < files.size(); i = next.getAndIncrement()) {
              read(files.get(i), reader);
            }
          } catch (IOException | RuntimeException e) {
            next.set(files.size());
            failure.compareAndSet(null, e instanceof IOException io ? io : new IOException(e));
          }
        };
    List<Thread> others = new ArrayList<>();
    for (int n = 1; n < workers; n++) {
      others.add(Threads.start(work));
    }
    work.run();
    for (Thread other : others) {
      join(other);
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw new IOException("reading the volume: " + failed.getMessage(), failed);
    }
  }

  private static void join(Thread thread) throws IOException {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void read(Node.File file, Reader reader) throws IOException {
    try (Extents content = new Extents(fs, fs.inode(file.inode()))) {
      reader.file(file, content);
    }
  }

  @Override
  public Optional<byte[]> tail(Node.File file) throws IOException {
    if (file.size() < TAIL) {
      return Optional.empty();
    }
    try (Extents content = new Extents(fs, fs.inode(file.inode()))) {
      content.seek(file.size() - TAIL);
      return Optional.of(content.readNBytes(TAIL));
    }
  }
}
