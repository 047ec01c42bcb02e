package dev.bakehouse.cache;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.bakehouse.platform.BoundedBuffer;
import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.TreeSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/// A directory in a guest as a tree to save: GNU find lists it, and tar brings only what is asked
/// for. Without perl there, a file of ccache that was touched comes too.
public final class GuestTree implements TreeSource {
  /// Runs a program in the guest.
  @FunctionalInterface
  public interface Runner {
    /// @throws IOException when it did not end with status 0
    void run(List<String> argv, InputStream in, OutputStream out) throws IOException;
  }

  private static final int TAIL = 16;
  private static final int FIELDS = 10;
  private static final int MOST_FILES = 1 << 20;
  private static final int LONGEST_LIST = 1 << 27;

  private static final String LIST =
      """
      if [ -d "$1" ]; then
        cd -- "$1" && exec find . -printf '%y\\0%m\\0%s\\0%T@\\0%C@\\0%n\\0%i\\0%P\\0%l\\0%D\\0'
      fi
      """;

  private static final String READ =
      """
      cd -- "$1" && exec tar -cf - --format=gnu --no-recursion --ignore-failed-read \
        --null --verbatim-files-from -T -
      """;

  private static final String TAILS =
      """
      chdir shift or exit 1;
      binmode STDIN; binmode STDOUT;
      $/ = "\\0";
      while (my $name = <STDIN>) {
          chomp $name;
          my ($file, $tail) = (undef, '');
          open $file, '<:raw', $name and seek $file, -16, 2 and read $file, $tail, 16;
          print pack 'a16', $tail;
      }
      """;

  private final Runner runner;
  private final String directory;
  private final List<Node.File> files = new ArrayList<>();
  private Map<String, byte[]> tails = Map.of();
  private boolean asked;

  public GuestTree(Runner runner, String directory) {
    this.runner = runner;
    this.directory = directory;
  }

  @Override
  public void list(Visitor visitor) throws IOException {
    BoundedBuffer out = new BoundedBuffer("the guest's list of files", LONGEST_LIST);
    runner.run(script(LIST), InputStream.nullInputStream(), out);
    List<List<String>> entries = entries(out.bytes());
    entries.sort(Comparator.comparing(entry -> entry.get(7)));
    Map<String, String> linked = new HashMap<>();
    Map<String, Long> since = new HashMap<>();
    for (List<String> entry : entries) {
      Optional<Node> node = node(entry, linked, since);
      if (node.isPresent()) {
        if (node.get() instanceof Node.File file) {
          files.add(file);
        }
        visitor.node(node.get());
      }
    }
  }

  private static List<List<String>> entries(byte[] printed) throws IOException {
    List<List<String>> entries = new ArrayList<>();
    List<String> fields = new ArrayList<>(FIELDS);
    int from = 0;
    for (int i = 0; i < printed.length; i++) {
      if (printed[i] == 0) {
        fields.add(new String(printed, from, i - from, ISO_8859_1));
        from = i + 1;
        if (fields.size() == FIELDS) {
          if (entries.size() == MOST_FILES) {
            throw new IOException("the guest's list has more than " + MOST_FILES + " files");
          }
          entries.add(List.copyOf(fields));
          fields.clear();
        }
      }
    }
    return entries;
  }

  /// @param entry type, mode, size, mtime, ctime, links, inode, path, target, device
  /// @param since of each directory before it, see [Node#since]
  private static Optional<Node> node(
      List<String> entry, Map<String, String> linked, Map<String, Long> since) throws IOException {
    String path = entry.get(7);
    try {
      int mode = Integer.parseInt(entry.get(1), 8);
      long mtime = nanos(entry.get(3));
      long ctime = nanos(entry.get(4));
      long above = since.getOrDefault(above(path), Long.MIN_VALUE);
      if (entry.get(0).equals("d")) {
        since.put(path, Node.since(above, mtime, ctime));
      }
      return switch (entry.get(0)) {
        case "d" -> Optional.of(new Node.Dir(path, mode, mtime));
        case "l" -> Optional.of(new Node.Symlink(path, mtime, entry.get(8)));
        case "f" -> {
          String inode = entry.get(9) + ":" + entry.get(6);
          String first = entry.get(5).equals("1") ? null : linked.putIfAbsent(inode, path);
          yield Optional.of(
              first != null
                  ? new Node.Hardlink(path, first)
                  : new Node.File(
                      path,
                      mode,
                      mtime,
                      Long.parseLong(entry.get(2)),
                      Math.max(above, ctime),
                      Long.parseLong(entry.get(6))));
        }
        default -> Optional.empty();
      };
    } catch (NumberFormatException e) {
      throw new IOException("the guest's list of files is torn at `" + path + "`", e);
    }
  }

  /// The path of what a path lies in; of the top itself no path there is.
  private static String above(String path) {
    return path.isEmpty() ? "/" : path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }

  /// GNU find prints seconds with ten digits behind the point, the last of them 0.
  private static long nanos(String seconds) {
    return new BigDecimal(seconds).movePointRight(9).longValue();
  }

  @Override
  public void read(List<Node.File> wanted, Reader reader) throws IOException {
    Map<String, Node.File> open = new HashMap<>();
    wanted.forEach(file -> open.put(file.path(), file));
    InputStream names = names(wanted);
    try (Pump pump = Pump.start(out -> runner.run(script(READ), names, out));
        TarArchiveInputStream tar = new TarArchiveInputStream(pump, ISO_8859_1.name())) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Node.File file = open.remove(entry.getName().replaceFirst("^\\./", ""));
        if (file == null || !entry.isFile() || entry.getSize() != file.size()) {
          throw new IOException("the guest sent a file that nobody asked for, or of another size");
        }
        reader.file(file, tar);
      }
      pump.transferTo(OutputStream.nullOutputStream());
    }
  }

  /// All at once, when the first is asked for.
  @Override
  public synchronized Optional<byte[]> tail(Node.File file) {
    if (!asked) {
      asked = true;
      tails = tails();
    }
    return Optional.ofNullable(tails.get(file.path()));
  }

  private Map<String, byte[]> tails() {
    List<Node.File> long16 = files.stream().filter(file -> file.size() >= TAIL).toList();
    BoundedBuffer out = new BoundedBuffer("the ends of files", (long) TAIL * long16.size());
    try {
      runner.run(List.of("perl", "-e", TAILS, directory), names(long16), out);
    } catch (IOException e) {
      return Map.of();
    }
    byte[] all = out.bytes();
    Map<String, byte[]> found = new HashMap<>();
    for (int i = 0; i < long16.size() && (i + 1) * TAIL <= all.length; i++) {
      found.put(long16.get(i).path(), Arrays.copyOfRange(all, i * TAIL, (i + 1) * TAIL));
    }
    return found;
  }

  private List<String> script(String text) {
    return List.of("sh", "-c", text, "bakehouse-tree", directory);
  }

  private static InputStream names(List<Node.File> files) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Node.File file : files) {
      out.writeBytes(("./" + file.path() + "\0").getBytes(ISO_8859_1));
    }
    return new ByteArrayInputStream(out.toByteArray());
  }
}
