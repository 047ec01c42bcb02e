package dev.bakehouse.snapshot;

import dev.bakehouse.platform.DirectoryListing;
import dev.bakehouse.platform.DirectoryListing.Named;
import dev.bakehouse.platform.DirectoryListing.Stat;
import dev.bakehouse.platform.Posix;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.snapshot.Node.Dir;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Node.Symlink;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A directory of this machine, listed and read by several threads. What is neither file, directory
/// nor symbolic link is left out.
public final class HostTree implements TreeSource {
  /// Nodes that are found before they are visited.
  private static final int AHEAD = 10_000;

  private static final int FILES_AT_ONCE = 64;
  private static final long BYTES_AT_ONCE = 8 << 20;

  private static final int TRIES = 4;

  private final String top;
  private final Predicate<String> skip;

  /// @param skip paths that count as not there, with everything below them
  public HostTree(Path top, Predicate<String> skip) {
    this.top = RawEnvironment.raw(top.toAbsolutePath().toString());
    this.skip = skip;
  }

  /// A node, or what lies in a directory: `a-` sorts before `a/b` and after `a`, so a directory and
  /// what is in it are two places of the order.
  ///
  /// @param place the node's path; that of what lies in it has a slash more
  /// @param inode of a file with several names
  /// @param since of a directory, see [Node#since]
  /// @param below what lies in it, once it is known
  private record Found(
      String place,
      Node node,
      @Nullable Inode inode,
      long since,
      @Nullable FutureTask<List<Found>> below)
      implements Comparable<Found> {
    @Override
    public int compareTo(Found other) {
      return place.compareTo(other.place);
    }

    boolean isBelow() {
      return place.length() > node.path().length();
    }
  }

  private record Inode(long device, long number) {}

  @Override
  public void list(Visitor visitor) throws IOException {
    Stat stat;
    try {
      stat = DirectoryListing.stat(top);
    } catch (NoSuchFileException e) {
      return;
    }
    if (!stat.isDirectory()) {
      throw new Malformed("`" + Posix.shown(top) + "` is no directory");
    }
    try (Workers workers = new Workers()) {
      visitor.node(new Dir("", stat.mode(), stat.mtime()));
      long since = Node.since(Long.MIN_VALUE, stat.mtime(), stat.ctime());
      new Walk(workers, visitor).below(null, "", since);
    }
  }

  private final class Walk {
    private final Workers workers;
    private final Visitor visitor;
    private final AtomicInteger ahead = new AtomicInteger();
    private final Map<Inode, String> linked = new HashMap<>();

    Walk(Workers workers, Visitor visitor) {
      this.workers = workers;
      this.visitor = visitor;
    }

    /// Visits what lies in a directory.
    void below(@Nullable FutureTask<List<Found>> scanning, String directory, long since)
        throws IOException {
      List<Found> all = scanning == null ? scan(directory, since) : await(scanning);
      ahead.addAndGet(-all.size());
      Collections.sort(all);
      // What was visited must not stay in memory until all is.
      Queue<Found> rest = new ArrayDeque<>(all);
      all.clear();
      for (Found each = rest.poll(); each != null; each = rest.poll()) {
        if (each.isBelow()) {
          below(each.below(), each.node().path(), each.since());
        } else {
          visit(each);
        }
      }
    }

    private List<Found> await(FutureTask<List<Found>> scanning) throws IOException {
      // Here and now when no worker has begun.
      scanning.run();
      return Threads.get(scanning);
    }

    private List<Found> scan(String directory, long since) throws IOException {
      List<Named> names = names(directory);
      List<Found> all = new ArrayList<>(names.size());
      for (Named each : names) {
        String path = directory.isEmpty() ? each.name() : directory + "/" + each.name();
        if (!skip.test(path)) {
          found(path, each.stat(), since, all);
        }
      }
      ahead.addAndGet(all.size());
      return all;
    }

    /// A directory that is gone meanwhile, or is none any more, is empty.
    private List<Named> names(String directory) throws IOException {
      try {
        return DirectoryListing.list(full(directory));
      } catch (NoSuchFileException | NotDirectoryException e) {
        return List.of();
      }
    }

    /// @param above of the directory it lies in, see [Node#since]
    private void found(String path, Stat stat, long above, List<Found> to) throws IOException {
      if (stat.isFile()) {
        Inode inode = stat.links() > 1 ? new Inode(stat.device(), stat.inode()) : null;
        long ctime = Math.max(above, stat.ctime());
        File file = new File(path, stat.mode(), stat.mtime(), stat.size(), ctime, stat.inode());
        to.add(new Found(path, file, inode, 0, null));
      } else if (stat.isDirectory()) {
        FutureTask<List<Found>> below = null;
        long since = Node.since(above, stat.mtime(), stat.ctime());
        if (ahead.get() < AHEAD) {
          below = new FutureTask<>(() -> scan(path, since));
          submit(below);
        }
        Dir dir = new Dir(path, stat.mode(), stat.mtime());
        to.add(new Found(path, dir, null, since, null));
        to.add(new Found(path + "/", dir, null, since, below));
      } else if (stat.isSymlink()) {
        try {
          String target = Posix.readLink(full(path));
          to.add(new Found(path, new Symlink(path, stat.mtime(), target), null, 0, null));
        } catch (NoSuchFileException e) {
          // Gone between the directory and the look: not there.
        }
      }
    }

    private void submit(FutureTask<List<Found>> task) {
      workers.submit(
          () -> {
            task.run();
            return null;
          });
    }

    private void visit(Found found) throws IOException {
      String path = found.place();
      String first = found.inode() == null ? null : linked.putIfAbsent(found.inode(), path);
      visitor.node(first == null ? found.node() : new Hardlink(path, first));
    }
  }

  private String full(String path) {
    return path.isEmpty() ? top : top + "/" + path;
  }

  @Override
  public void read(List<File> files, Reader reader) throws IOException {
    List<Callable<?>> runs = new ArrayList<>();
    int start = 0;
    long bytes = 0;
    for (int i = 0; i < files.size(); i++) {
      bytes += files.get(i).size();
      if (i + 1 - start == FILES_AT_ONCE || bytes >= BYTES_AT_ONCE || i + 1 == files.size()) {
        List<File> run = files.subList(start, i + 1);
        runs.add(
            () -> {
              for (File file : run) {
                read(file, reader);
              }
              return null;
            });
        start = i + 1;
        bytes = 0;
      }
    }
    try (Workers workers = new Workers()) {
      workers.run(runs);
    }
  }

  /// A file that changed since it was listed, or while it was read, is read again: what is saved is
  /// what it was at one moment.
  private void read(File listed, Reader reader) throws IOException {
    File file = listed;
    for (int i = 0; i < TRIES; i++) {
      try (FileStream content = new FileStream(full(file.path()))) {
        reader.file(file, content);
        Stat now = DirectoryListing.stat(full(file.path()));
        if (!now.isFile()) {
          break;
        }
        File after = file(file.path(), now);
        if (same(file, after)) {
          return;
        }
        file = after;
      } catch (NoSuchFileException e) {
        return;
      }
    }
    throw new IOException(Posix.shown(listed.path()) + " changes while it is read");
  }

  /// @param before may have a directory's time, see [Node#since]
  private static boolean same(File before, File after) {
    return after.mode() == before.mode()
        && after.mtime() == before.mtime()
        && after.size() == before.size()
        && after.ctime() <= before.ctime()
        && after.inode() == before.inode();
  }

  private static File file(String path, Stat stat) {
    return new File(path, stat.mode(), stat.mtime(), stat.size(), stat.ctime(), stat.inode());
  }

  @Override
  public Optional<byte[]> tail(File file) throws IOException {
    byte[] tail = new byte[Entry.TAIL];
    if (file.size() < tail.length) {
      return Optional.empty();
    }
    try (FileStream content = new FileStream(full(file.path()))) {
      content.skip(file.size() - tail.length);
      return content.readNBytes(tail, 0, tail.length) == tail.length
          ? Optional.of(tail)
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
