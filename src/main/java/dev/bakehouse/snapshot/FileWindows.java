package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Posix;
import dev.bakehouse.snapshot.FileWriter.Target;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.PartReader.Wanted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The files of one restore: compared with those that are there and written by windows, the last
/// ones of the rules when all others are.
final class FileWindows implements AutoCloseable {
  private static final int FILES = 20_000;

  /// The first window's, each next one is twice as large: the way from the store is not to wait for
  /// a long list.
  private static final int FIRST = 2_500;

  private final Snapshot snapshot;
  private final HostTree tree;
  private final String top;
  private final Workers workers;
  private final FileWriter writer;
  private final boolean existing;
  private final List<Present> window = new ArrayList<>();
  private final List<Present> last = new ArrayList<>();

  /// Of the window before, which is written while the next one's list is read.
  private Workers.Running writing = Workers.Running.NOTHING;

  private boolean tails;
  private int files = FIRST;
  private int settled;
  private long kept;

  /// A file to be there.
  ///
  /// @param there the file that is there now, when it may be the same
  /// @param known what that file's content is, when that is known
  record Present(Entry entry, @Nullable File there, @Nullable Entry known) {
    /// Whether what is there is known to have the content that is to be.
    boolean same() {
      boolean size = there != null && there.size() == entry.size();
      return size && (entry.size() == 0 || (known != null && known.sameContent(entry)));
    }
  }

  /// @param existing whether the directory was there, and is walked meanwhile
  FileWindows(
      Snapshot snapshot,
      HostTree tree,
      String top,
      Workers workers,
      FileWriter writer,
      boolean existing) {
    this.snapshot = snapshot;
    this.tree = tree;
    this.top = top;
    this.workers = workers;
    this.writer = writer;
    this.existing = existing;
  }

  /// From now on the tails of the entries that are there are trusted.
  void trustTails() {
    tails = true;
  }

  void add(Present present) throws IOException {
    // Most files of most restores: they need not be kept until their window is full.
    if (present.same() && stamped(present)) {
      return;
    }
    window.add(present);
    if (window.size() == files) {
      write(window);
      window.clear();
      files = Math.min(FILES, files * 2);
    }
  }

  /// Adds one that is written after all others.
  void addLast(Present present) {
    last.add(present);
  }

  /// Removes the files of another content that are to be written last, before anything is that they
  /// may not stand beside.
  void settle() throws IOException {
    List<Present> fresh = last.subList(settled, last.size());
    settled = last.size();
    if (!existing || fresh.isEmpty()) {
      return;
    }
    Set<Present> same = new HashSet<>(new LocalContent(tree, workers, tails).same(fresh));
    for (Present each : fresh) {
      if (each.there() != null && !same.contains(each)) {
        Posix.remove(top + "/" + each.there().path());
      }
    }
    fresh.replaceAll(
        p ->
            same.contains(p)
                ? new Present(p.entry(), p.there(), p.entry())
                : new Present(p.entry(), null, null));
  }

  /// Writes what is left.
  void finish() throws IOException {
    write(window);
    close();
    for (int from = 0; from < last.size(); from += FILES) {
      write(last.subList(from, Math.min(last.size(), from + FILES)));
    }
    close();
  }

  private void write(List<Present> presents) throws IOException {
    Set<Present> unchanged = Collections.newSetFromMap(new IdentityHashMap<>());
    unchanged.addAll(new LocalContent(tree, workers, tails).same(presents));
    List<Wanted<Target>> wanted = new ArrayList<>();
    for (Present each : presents) {
      if (unchanged.contains(each) && stamped(each)) {
        continue;
      }
      Target target = writer.target(each.entry());
      for (int i = 0; i < each.entry().parts().size(); i++) {
        wanted.add(new Wanted<>(target, i, each.entry().parts().get(i)));
      }
    }
    Workers.Running before = writing;
    writing = new PartReader(new PackReader(snapshot.blobs()), workers).start(wanted, writer);
    // Both at once for a moment, so that the way from the store is never empty.
    before.end();
    if (existing) {
      // The walk would find what is written under another name, and remove it.
      close();
    }
  }

  /// @return false when the file has other names, and must be written
  private boolean stamped(Present present) throws IOException {
    File file = (File) present.entry().node();
    if (!writer.stamp(file, present.there())) {
      return false;
    }
    kept += file.size();
    return true;
  }

  /// Waits until what was begun is written.
  @Override
  public void close() throws IOException {
    Workers.Running before = writing;
    writing = Workers.Running.NOTHING;
    before.end();
  }

  /// Bytes of files that were right as they were.
  long kept() {
    return kept;
  }
}
