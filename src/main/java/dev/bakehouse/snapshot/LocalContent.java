package dev.bakehouse.snapshot;

import dev.bakehouse.snapshot.FileWindows.Present;
import dev.bakehouse.snapshot.Node.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Finds out which files of a directory have a snapshot's content already: by its seal, by the
/// tails of ccache's entries where they were written since the machine started, else, when size and
/// time are right, by reading them.
final class LocalContent {
  private final HostTree tree;
  private final Workers workers;
  private final boolean tails;

  /// @param tails whether the last bytes of an entry tell that those before them are there
  LocalContent(HostTree tree, Workers workers, boolean tails) {
    this.tree = tree;
    this.workers = workers;
    this.tails = tails;
  }

  List<Present> same(List<Present> presents) throws IOException {
    Queue<Present> same = new ConcurrentLinkedQueue<>();
    List<Present> sealed = new ArrayList<>();
    Map<String, Present> toRead = new HashMap<>();
    List<File> files = new ArrayList<>();
    for (Present each : presents) {
      File there = each.there();
      if (each.same()) {
        same.add(each);
        continue;
      }
      if (there == null || there.size() != each.entry().size() || each.known() != null) {
        continue;
      }
      if (tails && each.entry().tail().length > 0) {
        sealed.add(each);
      } else if (each.entry().tail().length > 0
          || there.mtime() == Shard.mtime(each.entry().node())) {
        toRead.put(there.path(), each);
        files.add(there);
      }
    }
    compareTails(sealed, same);
    tree.read(
        files,
        (file, in) -> {
          Present present = toRead.get(file.path());
          if (present != null && hashes(present.entry(), in)) {
            same.add(present);
          }
        });
    return List.copyOf(same);
  }

  private void compareTails(List<Present> tails, Queue<Present> same) throws IOException {
    List<Callable<?>> runs = new ArrayList<>();
    for (int from = 0; from < tails.size(); from += 256) {
      List<Present> run = tails.subList(from, Math.min(tails.size(), from + 256));
      runs.add(
          () -> {
            for (Present each : run) {
              File there = each.there();
              Optional<byte[]> tail = there == null ? Optional.empty() : tree.tail(there);
              if (tail.isPresent() && Arrays.equals(tail.get(), each.entry().tail())) {
                same.add(each);
              }
            }
            return null;
          });
    }
    workers.run(runs);
  }

  private static boolean hashes(Entry entry, InputStream in) throws IOException {
    for (Part part : entry.parts()) {
      byte[] bytes = in.readNBytes(part.size());
      if (bytes.length != part.size() || !Hash.of(bytes).equals(part.hash())) {
        return false;
      }
    }
    return in.read() < 0;
  }
}
