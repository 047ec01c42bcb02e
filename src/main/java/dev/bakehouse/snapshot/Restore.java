package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Posix;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.snapshot.FileWindows.Present;
import dev.bakehouse.snapshot.HostTarget.Rules;
import dev.bakehouse.snapshot.Node.Dir;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Node.Symlink;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One restore to a directory: what is there is walked beside the snapshot's nodes. Directories and
/// symbolic links are made on the way, files by [FileWindows]; then come hard links, then the
/// directories' own modes and times.
final class Restore {
  static final int WRITABLE = 0700;

  /// Stands for the files whose names are not known.
  static final String LIST = "all files of a part of the list";

  static final String ORPHAN = "what it depends on is lost";

  private final Snapshot snapshot;
  private final HostTree tree;
  private final String top;
  private final Rules rules;
  private final Workers workers;
  private final boolean existing;
  private final FileWriter writer;
  private final FileWindows files;
  private final TreeCheck check = new TreeCheck();
  private final ShardCursor cursor;

  private final List<Dir> directories = new ArrayList<>();
  private final List<String> extraDirectories = new ArrayList<>();
  private final List<Hardlink> links = new ArrayList<>();

  /// Directories that made room for something else. What was in them may be listed already, and
  /// would now be looked for elsewhere, behind a link that took their name.
  private final Set<String> replaced = new HashSet<>();

  Restore(Snapshot snapshot, Path top, Rules rules, Workers workers, boolean existing) {
    this.snapshot = snapshot;
    this.tree = new HostTree(top, rules.foreign());
    this.top = RawEnvironment.raw(top.toString());
    this.rules = rules;
    this.workers = workers;
    this.existing = existing;
    this.writer = new FileWriter(this.top, existing);
    this.files = new FileWindows(snapshot, tree, this.top, workers, writer, existing);
    this.cursor = new ShardCursor(snapshot, workers);
  }

  /// @param seal what was known of the directory
  Restored run(Optional<Seal.State> seal) throws IOException {
    // Nobody else may touch the directory before the last file is written.
    try (files) {
      return all(seal);
    }
  }

  private Restored all(Optional<Seal.State> seal) throws IOException {
    if (seal.isPresent()) {
      // What is newer than the seal is of its boot, too.
      files.trustTails();
    }
    Known known = Known.of(snapshot, seal, workers);
    if (existing) {
      tree.list(
          node -> {
            if (replaced(node)) {
              return;
            }
            for (Entry next = next(); next != null && before(next, node); next = next()) {
              add(next, null, known);
            }
            Entry same = next();
            if (same != null && same.node().path().equals(node.path())) {
              add(same, node, known);
            } else {
              extra(node);
            }
          });
    }
    for (Entry next = next(); next != null; next = next()) {
      add(next, null, known);
    }
    files.finish();
    links.forEach(this::link);
    finishDirectories();
    return new Restored(writer.count(), writer.bytes(), files.kept(), writer.lost());
  }

  private boolean replaced(Node node) {
    String path = node.path();
    int slash = path.lastIndexOf('/');
    if (slash < 0 || !replaced.contains(path.substring(0, slash))) {
      return false;
    }
    if (node instanceof Dir) {
      replaced.add(path);
    }
    return true;
  }

  private void replace(Node there) throws IOException {
    if (there instanceof Dir) {
      replaced.add(there.path());
    }
    HostTarget.removeTree(full(there.path()));
  }

  private static boolean before(Entry entry, Node node) {
    return entry.node().path().compareTo(node.path()) < 0;
  }

  private @Nullable Entry next() throws IOException {
    Entry entry = cursor.peek();
    for (String why : cursor.damage()) {
      if (rules.whole() || (entry == null && check.none())) {
        throw new Malformed(why);
      }
      check.incomplete();
      writer.lost(LIST, why);
    }
    return entry;
  }

  private void add(Entry entry, @Nullable Node there, Known known) throws IOException {
    cursor.take();
    Node node = entry.node();
    String path = node.path();
    if (!check.add(node)) {
      writer.lost(path, ORPHAN);
      if (there != null) {
        extra(there);
      }
      return;
    }
    if (rules.foreign().test(path)) {
      return;
    }
    if (!rules.last().test(path)) {
      files.settle();
    }
    switch (node) {
      case Dir dir -> directory(dir, there);
      case Symlink link -> symlink(link, there);
      case Hardlink link -> {
        boolean same = there instanceof Hardlink old && old.of().equals(link.of());
        if (!same && there != null) {
          replace(there);
        }
        links.add(link);
      }
      case File file -> {
        if (there != null && !(there instanceof File)) {
          replace(there);
        }
        File old = there instanceof File f ? f : null;
        Present present = new Present(entry, old, old == null ? null : known.content(old));
        if (rules.last().test(path)) {
          files.addLast(present);
        } else {
          files.add(present);
        }
      }
    }
  }

  private void directory(Dir dir, @Nullable Node there) throws IOException {
    String path = full(dir.path());
    directories.add(dir);
    if (dir.path().isEmpty()) {
      return;
    }
    if (there instanceof Dir old) {
      writable(old);
      return;
    }
    if (there != null) {
      replace(there);
    }
    Posix.makeDirectory(path, WRITABLE);
  }

  private void writable(Dir there) throws IOException {
    if ((there.mode() & WRITABLE) != WRITABLE) {
      Posix.mode(full(there.path()), there.mode() | WRITABLE);
    }
  }

  private void symlink(Symlink link, @Nullable Node there) throws IOException {
    String path = full(link.path());
    if (there instanceof Symlink old && old.target().equals(link.target())) {
      if (old.mtime() != link.mtime()) {
        Posix.time(path, link.mtime());
      }
      return;
    }
    if (there != null) {
      replace(there);
    }
    Posix.symlink(link.target(), path);
    Posix.time(path, link.mtime());
  }

  private void extra(Node node) throws IOException {
    if (!rules.last().test(node.path())) {
      files.settle();
    }
    if (node instanceof Dir dir) {
      if (!dir.path().isEmpty()) {
        writable(dir);
        extraDirectories.add(dir.path());
      }
      return;
    }
    try {
      Posix.remove(full(node.path()));
    } catch (NoSuchFileException e) {
      // Something above it went before.
    }
  }

  private void link(Hardlink link) {
    String path = full(link.path());
    try {
      if (existing) {
        HostTarget.removeTree(path);
      }
    } catch (NoSuchFileException e) {
      // Nothing is in the way.
    } catch (IOException e) {
      writer.lost(link.path(), String.valueOf(e.getMessage()));
      return;
    }
    try {
      Posix.link(full(link.of()), path);
    } catch (IOException e) {
      writer.lost(
          link.path(), "it is another name of " + Posix.shown(link.of()) + ", which is lost");
    }
  }

  private void finishDirectories() throws IOException {
    for (String path : extraDirectories.reversed()) {
      try {
        HostTarget.removeTree(full(path));
      } catch (NoSuchFileException e) {
        // It went with the one above it.
      }
    }
    for (Dir dir : directories.reversed()) {
      if (!dir.path().isEmpty()) {
        stamp(full(dir.path()), dir);
      }
    }
  }

  /// The top's own mode and time, to be set when it has its name: while it is written its time
  /// tells other restores that it is not abandoned.
  ///
  /// @param path where it is now
  void finishTop(Path path) throws IOException {
    for (Dir dir : directories) {
      if (dir.path().isEmpty()) {
        stamp(RawEnvironment.raw(path.toString()), dir);
        return;
      }
    }
  }

  private static void stamp(String path, Dir dir) throws IOException {
    Posix.mode(path, dir.mode());
    Posix.time(path, dir.mtime());
  }

  private String full(String path) {
    return path.isEmpty() ? top : top + "/" + path;
  }
}
