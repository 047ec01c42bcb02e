package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.Node.Hardlink;
import dev.bakehouse.snapshot.Snapshot.Loaded;
import dev.bakehouse.store.BlobStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One save: the listing of a tree is walked beside the nodes of the snapshot before it. What did
/// not change is taken over; the contents of the rest are read, and stored where the store lacks
/// them. All this goes in windows, so that memory does not grow with the tree.
public final class Saver {
  private static final int WINDOW_NODES = 20_000;
  private static final int WINDOW_READS = 16_384;

  /// As long as nothing is to be read, nodes go out of memory while they are young.
  private static final int WINDOW_UNCHANGED = 2_048;

  private final BlobStore blobs;
  private final Optional<Snapshot> parent;
  private final Optional<Snapshot> other;
  private final long sealed;

  /// @param parent what the tree probably resembles
  /// @param other has some of the tree's contents that the parent has not
  /// @param sealed a time by the clock of the tree's `ctime`s: a file last changed before it, with
  ///   size and time of the parent's file, is the parent's file; [Node#UNKNOWN] when there is no
  ///   such promise
  public Saver(BlobStore blobs, Optional<Snapshot> parent, Optional<Snapshot> other, long sealed) {
    this.blobs = blobs;
    this.parent = parent;
    this.other = other;
    this.sealed = sealed;
  }

  /// Stores what the store lacks of a tree. Nobody sees it before [Draft#publish].
  ///
  /// @throws Malformed when the tree is not acceptable
  /// @throws IOException when the tree could not be read or the store not be written
  public Draft save(TreeSource tree) throws IOException {
    Workers workers = new Workers();
    try {
      Draft draft = new Draft(blobs, earlier(), workers);
      try {
        Walk walk = new Walk(tree, draft, workers);
        tree.list(walk::add);
        walk.end();
      } catch (IOException | RuntimeException | Error e) {
        draft.close();
        throw e;
      }
      return draft;
    } catch (IOException | RuntimeException | Error e) {
      workers.close();
      throw e;
    }
  }

  private List<Snapshot> earlier() {
    return Stream.concat(other.stream(), parent.stream()).toList();
  }

  /// A node on its way into the new snapshot.
  static final class Item {
    private final Node node;

    /// What the parent has at that path, when it can be taken over or compared.
    private final @Nullable Entry before;

    private final @Nullable Loaded shard;
    private @Nullable Entry entry;

    Item(Node node, @Nullable Entry before, @Nullable Loaded shard) {
      this.node = node;
      this.before = before;
      this.shard = shard;
    }

    Node node() {
      return node;
    }

    @Nullable Entry before() {
      return before;
    }

    @Nullable Loaded shard() {
      return shard;
    }

    Entry entry() {
      Entry there = entry;
      if (there == null) {
        throw new IllegalStateException("nothing became of " + node.path());
      }
      return there;
    }
  }

  private final class Walk {
    private final TreeSource tree;
    private final Draft draft;
    private final Workers workers;
    private final TreeCheck check = new TreeCheck();
    private final @Nullable ShardCursor cursor;
    private final PartStore parts;
    private final Set<String> vanished = new HashSet<>();

    /// Those before `done` are complete and wait for the end of their shard.
    private List<Item> window = new ArrayList<>();

    private List<Item> toRead = new ArrayList<>();
    private List<Item> toCompare = new ArrayList<>();

    /// Nodes since the last [#process].
    private int added;

    Walk(TreeSource tree, Draft draft, Workers workers) {
      this.tree = tree;
      this.draft = draft;
      this.workers = workers;
      this.cursor = parent.map(p -> new ShardCursor(p, workers)).orElse(null);
      this.parts = new PartStore(draft, earlier(), workers);
    }

    void add(Node node) throws IOException {
      check.add(node);
      if (node instanceof Hardlink link && vanished.contains(link.of())) {
        return;
      }
      Entry before = cursor == null ? null : cursor.seek(node.path());
      Item item = new Item(node, before, before == null || cursor == null ? null : cursor.shard());
      window.add(item);
      if (node instanceof File file) {
        decide(item, file);
      } else {
        item.entry = Entry.of(node);
      }
      boolean unchanged = toRead.isEmpty() && toCompare.isEmpty();
      added++;
      if (added >= (unchanged ? WINDOW_UNCHANGED : WINDOW_NODES) || toRead.size() >= WINDOW_READS) {
        process(false);
      }
    }

    private void decide(Item item, File file) {
      Entry before = item.before;
      if (file.size() == 0) {
        item.entry = Entry.of(file);
      } else if (before == null || before.size() != file.size() || !draft.keeps(before)) {
        toRead.add(item);
      } else if (unchanged(file, before)) {
        take(item, file, before);
      } else if (before.tail().length > 0) {
        toCompare.add(item);
      } else {
        toRead.add(item);
      }
    }

    private boolean unchanged(File file, Entry before) {
      return Shard.mtime(before.node()) == file.mtime()
          && sealed != Node.UNKNOWN
          && file.ctime() != Node.UNKNOWN
          && file.ctime() < sealed;
    }

    private void take(Item item, File file, Entry before) {
      item.entry = new Entry(file, before.parts(), before.tail());
    }

    void end() throws IOException {
      process(true);
    }

    private void process(boolean last) throws IOException {
      added = 0;
      compare();
      read();
      List<Item> kept = new ArrayList<>(window.size());
      for (Item item : window) {
        if (item.entry == null) {
          vanished.add(item.node.path());
        } else {
          kept.add(item);
        }
      }
      window = draft.shards(kept, last);
    }

    private void compare() throws IOException {
      List<Callable<?>> runs = new ArrayList<>();
      for (int from = 0; from < toCompare.size(); from += 256) {
        List<Item> run = toCompare.subList(from, Math.min(toCompare.size(), from + 256));
        runs.add(
            () -> {
              for (Item item : run) {
                if (item.node instanceof File file && item.before != null) {
                  Optional<byte[]> tail = tree.tail(file);
                  if (tail.isPresent() && Arrays.equals(tail.get(), item.before.tail())) {
                    take(item, file, item.before);
                  }
                }
              }
              return null;
            });
      }
      workers.run(runs);
      for (Item item : toCompare) {
        if (item.entry == null) {
          toRead.add(item);
        }
      }
      toCompare = new ArrayList<>();
    }

    private void read() throws IOException {
      if (toRead.isEmpty()) {
        return;
      }
      parts.prepare();
      Map<String, Item> byPath = new HashMap<>();
      List<File> files = new ArrayList<>();
      toRead.sort((a, b) -> a.node.path().compareTo(b.node.path()));
      for (Item item : toRead) {
        byPath.put(item.node.path(), item);
        files.add((File) item.node);
      }
      Map<Item, PartStore.Content> contents = new ConcurrentHashMap<>();
      tree.read(
          files,
          (file, in) -> {
            Item item = byPath.get(file.path());
            if (item != null) {
              contents.put(item, parts.store(file, in));
            }
          });
      parts.flush();
      contents.forEach((item, content) -> item.entry = content.entry());
      toRead = new ArrayList<>();
    }
  }
}
