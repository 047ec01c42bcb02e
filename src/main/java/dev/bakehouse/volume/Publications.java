package dev.bakehouse.volume;

import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.snapshot.TreeSource;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `STATE/volumes/.publish`: generations that are to be brought to the store, a directory each.
/// They wait there, over deaths of processes and machines, until somebody has done it.
public final class Publications {
  private static final String FILE = "publication.json";
  private static final String LOCK = ".lock";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Volumes volumes;
  private final Path root;

  public Publications(Volumes volumes) {
    this.volumes = volumes;
    this.root = volumes.root().resolve(".publish");
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

  /// Where a process that publishes one may write what it has to say.
  public Path log(String id) {
    return root.resolve(id + ".log");
  }

  Path files(String id) {
    return root.resolve(id);
  }

  /// Ids of all that wait or are at work, the oldest first.
  public List<String> waiting() throws IOException {
    return Trees.names(root).stream()
        .filter(name -> read(name).isPresent())
        .sorted(Comparator.comparing(this::since))
        .toList();
  }

  /// When a generation began to wait.
  public Instant since(String id) {
    try {
      return Files.getLastModifiedTime(root.resolve(id).resolve(FILE)).toInstant();
    } catch (IOException e) {
      return Instant.MAX;
    }
  }

  /// One to work on; empty when it is done, or somebody else works on it.
  public Optional<Work> take(String id) {
    Optional<ExclusiveLock> lock = ExclusiveLock.tryOn(root.resolve(id + LOCK));
    if (lock.isEmpty()) {
      return Optional.empty();
    }
    Optional<Publication> publication = read(id);
    if (publication.isEmpty()) {
      forget(id);
      lock.get().close();
      return Optional.empty();
    }
    return Optional.of(new Work(id, publication.get(), lock.get()));
  }

  private Optional<Publication> read(String id) {
    try {
      byte[] json = Files.readAllBytes(root.resolve(id).resolve(FILE));
      return Optional.ofNullable((@Nullable Publication) JSON.readValue(json, Publication.class));
    } catch (IOException | JacksonException e) {
      return Optional.empty();
    }
  }

  /// Its record first: what is left then is nobody's.
  private void forget(String id) {
    try {
      Files.deleteIfExists(root.resolve(id).resolve(FILE));
      Trees.delete(root.resolve(id));
      for (String suffix : List.of(LOCK, ".log", ".pid")) {
        Files.deleteIfExists(root.resolve(id + suffix));
      }
    } catch (IOException e) {
      // The next who takes it finds no record and goes on here.
    }
  }

  /// A generation in this process's hands.
  public final class Work implements AutoCloseable {
    private final String id;
    private final Publication publication;
    private final ExclusiveLock lock;

    private Work(String id, Publication publication, ExclusiveLock lock) {
      this.id = id;
      this.publication = publication;
      this.lock = lock;
    }

    public Publication publication() {
      return publication;
    }

    /// Opens its disk.
    ///
    /// @throws IOException when it can not be read; it never will be then
    public Disk open() throws IOException {
      Path directory = root.resolve(id);
      Blocks blocks = Blocks.open(publication.layers().stream().map(directory::resolve).toList());
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
      volumes.published(publication.key(), publication.layers(), roots);
      forget(id);
    }

    /// Nobody is to try again.
    public void drop() {
      forget(id);
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
