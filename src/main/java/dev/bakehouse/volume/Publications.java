package dev.bakehouse.volume;

import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.TreeSource;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `STATE/volumes/.publish`: generations that are to be brought to the store, a directory each with
/// all that belongs to it. They wait there, over deaths of processes and machines, until somebody
/// has done it.
public final class Publications {
  private static final String FILE = "publication.json";
  private static final String LOCK = ".lock";
  private static final String GONE = ".gone-";
  private static final Pattern ID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Volumes volumes;
  private final Path root;

  public Publications(Volumes volumes) {
    this.volumes = volumes;
    this.root = volumes.root().resolve(".publish");
  }

  /// Where whoever publishes may keep what is his: names that begin with a dot and a letter.
  public Path root() throws IOException {
    return Trees.make(root);
  }

  /// Turns a draft with a generation's files into one that waits.
  ///
  /// @return its id
  String add(Path draft, Publication publication) throws IOException {
    Files.write(draft.resolve(FILE), JSON.writeValueAsBytes(publication));
    Durable.syncAll(draft);
    String id = UUID.randomUUID().toString();
    Files.move(draft, Trees.make(root).resolve(id), StandardCopyOption.ATOMIC_MOVE);
    Durable.sync(root);
    return id;
  }

  Path files(String id) {
    return root.resolve(id);
  }

  /// One that waits or is at work.
  ///
  /// @param since when it began to wait
  public record Waiting(String id, Instant since) {}

  /// The oldest first.
  public List<Waiting> waiting() throws IOException {
    List<Waiting> all = new ArrayList<>();
    for (String id : Trees.names(root)) {
      try {
        if (ID.matcher(id).matches()) {
          all.add(new Waiting(id, since(id)));
        }
      } catch (NoSuchFileException e) {
        // Just done.
      } catch (IOException e) {
        all.add(new Waiting(id, Instant.now()));
      }
    }
    all.sort(Comparator.comparing(Waiting::since));
    return all;
  }

  private Instant since(String id) throws IOException {
    return Files.getLastModifiedTime(root.resolve(id).resolve(FILE)).toInstant();
  }

  /// One to work on; empty when it was done meanwhile, or somebody else works on it.
  public Optional<Work> take(Waiting waiting) {
    Path directory = root.resolve(waiting.id());
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    Optional<ExclusiveLock> lock = ExclusiveLock.tryOn(directory.resolve(LOCK));
    if (lock.isPresent() && Files.notExists(directory.resolve(FILE))) {
      lock.get().close();
      return Optional.empty();
    }
    return lock.map(held -> new Work(waiting, held));
  }

  /// @throws UserError when none of that id waits
  public Waiting find(String id) throws IOException {
    return waiting().stream()
        .filter(waiting -> waiting.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    "No generation of a cache volume waits to be saved under the id " + id,
                    "`bakehouse cache volumes list` tells those that do."));
  }

  /// The name of the volume it is a generation of; its own id where that can not be told.
  public String volume(Waiting waiting) {
    try {
      return read(waiting.id()).key().name();
    } catch (IOException e) {
      return waiting.id();
    }
  }

  /// Names of the files of each that waits. What can not be read has none.
  Map<Waiting, List<String>> layers() throws IOException {
    Map<Waiting, List<String>> all = new LinkedHashMap<>();
    for (Waiting waiting : waiting()) {
      try {
        all.put(waiting, read(waiting.id()).layers());
      } catch (IOException e) {
        all.put(waiting, List.of());
      }
    }
    return all;
  }

  private Publication read(String id) throws IOException {
    try {
      byte[] json = Files.readAllBytes(root.resolve(id).resolve(FILE));
      @Nullable Publication publication = JSON.readValue(json, Publication.class);
      if (publication == null
          || publication.key() == null
          || publication.layers() == null
          || publication.layers().isEmpty()
          || publication.about() == null) {
        throw new Unreadable(FILE + " is incomplete");
      }
      return publication;
    } catch (JacksonException e) {
      throw new Unreadable(FILE + " is damaged: " + e.getOriginalMessage(), e);
    }
  }

  /// It loses its name in one step: what is left then is a leftover.
  private void forget(String id) throws IOException {
    Path gone = root.resolve(GONE + id);
    Files.move(root.resolve(id), gone, StandardCopyOption.ATOMIC_MOVE);
    try {
      Trees.delete(gone);
    } catch (IOException e) {
      // The next sweep does it.
    }
  }

  /// Deletes what killed processes left. The caller has the volumes' lock.
  void sweep() throws IOException {
    for (String name : Trees.names(root)) {
      boolean nothing = ID.matcher(name).matches() && Files.notExists(root.resolve(name, FILE));
      if (name.startsWith(GONE) || nothing) {
        Trees.delete(root.resolve(name));
      }
    }
  }

  /// A generation in this process's hands.
  public final class Work implements AutoCloseable {
    private final Waiting waiting;
    private final ExclusiveLock lock;

    private Work(Waiting waiting, ExclusiveLock lock) {
      this.waiting = waiting;
      this.lock = lock;
    }

    /// @throws Unreadable when nobody can tell what it is
    public Publication publication() throws IOException {
      return read(waiting.id());
    }

    /// Opens its disk.
    ///
    /// @throws Unreadable when it never can be
    public Disk open() throws IOException {
      Path directory = files(waiting.id());
      Blocks blocks = Blocks.open(publication().layers().stream().map(directory::resolve).toList());
      try {
        return new Disk(blocks, new Ext4(blocks));
      } catch (IOException e) {
        blocks.close();
        throw e;
      }
    }

    /// The store has it.
    ///
    /// @param roots by kind, what it is there
    public void done(Map<String, String> roots) throws IOException {
      Publication publication = publication();
      volumes.published(publication.key(), publication.layers(), roots);
      forget(waiting.id());
    }

    /// Nobody is to try again.
    public void drop() throws IOException {
      forget(waiting.id());
    }

    /// Nobody is to try again, nor to start a VM with it: it can not be read.
    public void dropWithVolume() throws IOException {
      try {
        Publication publication = publication();
        volumes.discard(publication.key(), publication.layers());
      } catch (Unreadable e) {
        // Whose it was is not known.
      }
      drop();
    }

    @Override
    public void close() {
      lock.close();
    }
  }

  /// The files on a generation's disk.
  public static final class Disk implements AutoCloseable {
    private final Blocks blocks;
    private final Ext4 fs;

    private Disk(Blocks blocks, Ext4 fs) {
      this.blocks = blocks;
      this.fs = fs;
    }

    /// One directory of it.
    public TreeSource tree(String path) {
      return new Ext4Tree(fs, path);
    }

    @Override
    public void close() throws IOException {
      blocks.close();
    }
  }
}
