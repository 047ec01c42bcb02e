package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Posix;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.snapshot.Node.Dir;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Node.Symlink;
import dev.bakehouse.snapshot.PartReader.Sink;
import dev.bakehouse.snapshot.PartReader.Wanted;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.Predicate;

/// Writes a snapshot as a tar archive. Hard links follow the files, and directories follow all that
/// is in them: so their modes and times stay, whatever `tar` unpacks them. Contents are read and
/// checked by workers some batches ahead; a file of which something is lost is left out.
public final class TarTarget {
  private static final int BATCH_FILES = 512;
  private static final long BATCH_BYTES = 8 << 20;

  /// A file so large is not held in memory: it is read once to see whether it is whole, where that
  /// decides about the file alone, and once to be sent.
  private static final long HELD = 8 << 20;

  private static final int MOST_AHEAD = 4;

  private final Snapshot snapshot;
  private final HostTarget.Rules rules;
  private final Predicate<String> wanted;
  private final Set<String> lost = new HashSet<>();
  private final List<String> report = new ArrayList<>();
  private final List<Hardlink> links = new ArrayList<>();
  private final List<Dir> directories = new ArrayList<>();

  /// Whether something is to be written last.
  private boolean later;

  /// @param rules `last` and `whole` matter here
  public TarTarget(Snapshot snapshot, HostTarget.Rules rules) {
    this(snapshot, rules, _ -> true);
  }

  /// @param wanted the paths to write
  TarTarget(Snapshot snapshot, HostTarget.Rules rules, Predicate<String> wanted) {
    this.snapshot = snapshot;
    this.rules = rules;
    this.wanted = wanted;
  }

  /// A node and its parts.
  ///
  /// @param lost why it can not be had; empty when it can
  private record Ready(Entry entry, byte[][] parts, String lost) {}

  /// @return one line for each file that is left out
  /// @throws IOException when the archive is not complete
  public List<String> write(OutputStream out) throws IOException {
    try (Workers workers = new Workers(snapshot.blobs())) {
      TarOutput tar = new TarOutput(out);
      pass(false, workers, tar, out);
      if (later) {
        pass(true, workers, tar, out);
      }
      for (Hardlink link : links) {
        if (!lost.contains(link.of())) {
          tar.header('1', link.path(), 0644, 0, 0, link.of());
        }
      }
      for (Dir dir : directories) {
        tar.header(
            '5', dir.path().isEmpty() ? "./" : dir.path() + "/", dir.mode(), dir.mtime(), 0, "");
      }
      tar.end();
      return report;
    }
  }

  private void pass(boolean last, Workers workers, TarOutput tar, OutputStream out)
      throws IOException {
    int ahead = Math.min(MOST_AHEAD, Math.max(Workers.COUNT, snapshot.blobs().reads()));
    Deque<Future<List<Ready>>> coming = new ArrayDeque<>();
    List<Entry> batch = new ArrayList<>();
    long bytes = 0;
    TreeCheck check = new TreeCheck();
    ShardCursor cursor = new ShardCursor(snapshot, workers);
    for (Entry next = cursor.peek(); ; next = cursor.peek()) {
      for (String why : cursor.damage()) {
        if (rules.whole() || (next == null && check.none())) {
          throw new Malformed(why);
        }
        check.incomplete();
        if (!last) {
          report.add(Restore.LIST + ": " + why);
        }
      }
      if (next != null) {
        cursor.take();
        boolean whole = check.add(next.node());
        String path = next.node().path();
        boolean other = rules.last().test(path) != last;
        later |= other && !last;
        if (other || !wanted.test(path)) {
          continue;
        }
        if (!whole) {
          lose(path, Restore.ORPHAN);
          continue;
        }
        switch (next.node()) {
          case Hardlink link -> links.add(link);
          case Dir dir -> directories.add(dir);
          default -> batch.add(next);
        }
        bytes += Math.min(next.size(), HELD);
      }
      if (next == null || batch.size() == BATCH_FILES || bytes >= BATCH_BYTES) {
        List<Entry> full = batch;
        coming.add(workers.submit(() -> fetch(full)));
        batch = new ArrayList<>();
        bytes = 0;
      }
      while (coming.size() > (next == null ? 0 : ahead)) {
        for (Ready each : Threads.get(coming.remove())) {
          write(each, tar, out);
        }
      }
      if (next == null) {
        return;
      }
    }
  }

  private List<Ready> fetch(List<Entry> entries) throws IOException {
    List<Wanted<Integer>> wanted = new ArrayList<>();
    byte[][][] parts = new byte[entries.size()][][];
    String[] lost = new String[entries.size()];
    Arrays.fill(lost, "");
    for (int i = 0; i < entries.size(); i++) {
      List<Part> all = entries.get(i).parts();
      parts[i] = new byte[all.size()][];
      boolean sent = entries.get(i).size() > HELD && rules.whole();
      for (int part = 0; part < all.size() && !sent; part++) {
        wanted.add(new Wanted<>(i, part, all.get(part)));
      }
    }
    PartReader.readHere(
        new PackReader(snapshot.blobs()),
        wanted,
        new Sink<Integer>() {
          @Override
          public void part(Wanted<Integer> each, MemorySegment bytes) {
            if (entries.get(each.of()).size() <= HELD) {
              parts[each.of()][each.index()] = bytes.toArray(ValueLayout.JAVA_BYTE);
            }
          }

          @Override
          public void lost(Wanted<Integer> each, String reason) {
            lost[each.of()] = reason;
          }
        });
    List<Ready> ready = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      ready.add(new Ready(entries.get(i), parts[i], lost[i]));
    }
    return ready;
  }

  private void write(Ready ready, TarOutput tar, OutputStream out) throws IOException {
    switch (ready.entry().node()) {
      case Symlink link -> tar.header('2', link.path(), 0777, link.mtime(), 0, link.target());
      case File file -> {
        if (!ready.lost().isEmpty()) {
          lose(file.path(), ready.lost());
          return;
        }
        tar.header('0', file.path(), file.mode(), file.mtime(), file.size(), "");
        if (file.size() <= HELD) {
          for (byte[] part : ready.parts()) {
            out.write(part);
          }
        } else {
          large(ready.entry(), out);
        }
        tar.pad(file.size());
      }
      default -> throw new IllegalStateException("links and directories come last");
    }
  }

  private void lose(String path, String why) throws Malformed {
    String line = Posix.shown(path) + ": " + why;
    if (rules.whole()) {
      throw new Malformed("a file is lost: " + line);
    }
    lost.add(path);
    report.add(line);
  }

  private void large(Entry entry, OutputStream out) throws IOException {
    for (int i = 0; i < entry.parts().size(); i++) {
      PartReader.readHere(
          new PackReader(snapshot.blobs()),
          List.of(new Wanted<>(entry, i, entry.parts().get(i))),
          new Sink<Entry>() {
            @Override
            public void part(Wanted<Entry> each, MemorySegment bytes) throws IOException {
              out.write(bytes.toArray(ValueLayout.JAVA_BYTE));
            }

            @Override
            public void lost(Wanted<Entry> each, String why) throws IOException {
              throw new Malformed(Posix.shown(entry.node().path()) + " is lost: " + why);
            }
          });
    }
  }
}
