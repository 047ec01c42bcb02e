package dev.bakehouse.snapshot;

import dev.bakehouse.platform.ChannelRange;
import dev.bakehouse.platform.Posix;
import dev.bakehouse.snapshot.Node.Dir;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Node.Symlink;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/// A tar archive as a tree. It comes in its own order, so it is laid down in a file first, which is
/// gone when this is closed.
public final class TarTree implements TreeSource, AutoCloseable {
  /// Characters of all paths of directories the archive has and does not name.
  private static final long MOST_UNNAMED = 1 << 26;

  private final FileChannel spool;
  private final TreeMap<String, Node> nodes = new TreeMap<>();
  private final Map<String, Long> places = new HashMap<>();

  private TarTree(FileChannel spool) {
    this.spool = spool;
  }

  /// Reads an archive to its end.
  ///
  /// @param directory where it is laid down
  /// @throws Malformed when it is hostile, cut short or no tar archive
  public static TarTree read(InputStream tar, Path directory) throws IOException {
    Path file = Files.createTempFile(directory, ".bakehouse-", ".tar");
    FileChannel spool =
        FileChannel.open(
            file,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    TarTree tree = new TarTree(spool);
    try {
      tree.fill(tar);
      return tree;
    } catch (IOException | RuntimeException | Error e) {
      spool.close();
      throw e;
    }
  }

  private void fill(InputStream tar) throws IOException {
    try (OutputStream copy = new BufferedOutputStream(new Appending(spool), 1 << 17)) {
      InputStream both = new BufferedInputStream(new Tee(tar, copy), 1 << 17);
      TarReader reader = new TarReader(both);
      Map<String, List<String>> links = new HashMap<>();
      for (TarHeader each = reader.next(); each != null; each = reader.next()) {
        add(each, reader.position(), links);
      }
      both.transferTo(OutputStream.nullOutputStream());
      links.forEach(this::linkAll);
    }
    addParents();
  }

  private void add(TarHeader header, long position, Map<String, List<String>> links)
      throws Malformed {
    if (header.name().length() > TreeCheck.LONGEST || header.link().length() > TreeCheck.LONGEST) {
      throw refused(header.name(), "has or names a longer path than any system opens");
    }
    String path = normal(header.name());
    if (path.isEmpty() && header.type() != '5') {
      throw refused(header.name(), "is the top and no directory");
    }
    Node node =
        switch (header.type()) {
          case '0' ->
              new File(
                  path, header.mode(), header.mtime(), header.size(), Node.UNKNOWN, Node.UNKNOWN);
          case '5' -> new Dir(path, header.mode(), header.mtime());
          case '2' -> new Symlink(path, header.mtime(), header.link());
          case '1' -> new Hardlink(path, first(normal(header.link())));
          case 'S' -> throw refused(path, "is stored as a sparse file");
          default -> throw refused(path, "is neither file, directory nor link");
        };
    Node before = nodes.put(path, node);
    if (before != null && !(before instanceof Dir && node instanceof Dir)) {
      throw refused(path, "stands twice");
    }
    if (node instanceof File) {
      places.put(path, position);
    }
    if (node instanceof Hardlink link) {
      Node of = nodes.get(link.of());
      if (!(of instanceof File)) {
        throw refused(path, "is a hard link to no earlier file");
      }
      links.computeIfAbsent(link.of(), k -> new ArrayList<>()).add(path);
    }
  }

  /// A link may name a link.
  private String first(String path) {
    return nodes.get(path) instanceof Hardlink link ? link.of() : path;
  }

  /// Of the names of one file the first by the order of paths is the file.
  private void linkAll(String of, List<String> names) {
    if (!(nodes.get(of) instanceof File file)) {
      return;
    }
    String first = names.stream().min(String::compareTo).orElse(of);
    if (first.compareTo(of) < 0) {
      nodes.put(
          first,
          new File(first, file.mode(), file.mtime(), file.size(), file.ctime(), file.inode()));
      places.put(first, places.getOrDefault(of, 0L));
    } else {
      first = of;
    }
    for (String name : names) {
      if (!name.equals(first)) {
        nodes.put(name, new Hardlink(name, first));
      }
    }
    if (!of.equals(first)) {
      nodes.put(of, new Hardlink(of, first));
    }
  }

  /// An archive need not name its directories.
  private void addParents() throws Malformed {
    Map<String, Node> parents = new HashMap<>();
    long length = 0;
    for (Node node : nodes.values()) {
      String path = node.path();
      for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
        String parent = path.substring(0, slash);
        if (nodes.containsKey(parent) || parents.containsKey(parent)) {
          break;
        }
        parents.put(parent, new Dir(parent, 0755, Shard.mtime(node)));
        length += parent.length();
        if (length > MOST_UNNAMED) {
          throw refused(path, "lies deeper, as others do, than the archive names directories");
        }
      }
    }
    nodes.putAll(parents);
  }

  /// Without `.` segments and double or trailing slashes; empty for the top.
  private static String normal(String raw) throws Malformed {
    if (raw.startsWith("/")) {
      throw refused(raw, "is not below the top");
    }
    List<String> kept = new ArrayList<>();
    for (String segment : raw.split("/", -1)) {
      if (segment.equals("..")) {
        throw refused(raw, "is not below the top");
      }
      if (!segment.isEmpty() && !segment.equals(".")) {
        kept.add(segment);
      }
    }
    return String.join("/", kept);
  }

  private static Malformed refused(String path, String why) {
    return new Malformed("`" + Posix.shown(path) + "` " + why);
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    for (Node node : nodes.values()) {
      visitor.node(node);
    }
  }

  @Override
  public void read(List<File> files, Reader reader) throws IOException {
    List<Callable<?>> runs = new ArrayList<>();
    for (int from = 0; from < files.size(); from += 64) {
      List<File> run = files.subList(from, Math.min(files.size(), from + 64));
      runs.add(
          () -> {
            for (File file : run) {
              reader.file(file, section(file));
            }
            return null;
          });
    }
    try (Workers workers = new Workers()) {
      workers.run(runs);
    }
  }

  private InputStream section(File file) {
    long from = places.getOrDefault(file.path(), 0L);
    return new ChannelRange(spool, from, from + file.size());
  }

  @Override
  public void close() throws IOException {
    spool.close();
  }

  /// Writes at the end of a channel, which stays open.
  private static final class Appending extends OutputStream {
    private final FileChannel channel;

    Appending(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes, from, length);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
  }
}
