package dev.bakehouse.cache;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.Manifests.Stored;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.Upload;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/// Caches as whole tar archives, `archives/ID.tar`, each under a name of its own and named by the
/// manifest that is published after it.
public final class TarStore implements CacheStore {
  static final String ARCHIVES = "archives";

  /// How archives are stored. Plain is the default: ccache's files are compressed already, and a
  /// disk is faster than gzip for the others.
  public enum Encoding {
    TAR(Manifest.TAR, ".tar"),
    TAR_GZIP(Manifest.TAR_GZIP, ".tar.gz");

    private final String word;
    private final String suffix;

    Encoding(String word, String suffix) {
      this.word = word;
      this.suffix = suffix;
    }
  }

  private final BlobStore blobs;
  private final Manifests manifests;
  private final Encoding encoding;
  private final Clock clock;

  public TarStore(BlobStore blobs) {
    this(blobs, Encoding.TAR, Clock.systemUTC());
  }

  public TarStore(BlobStore blobs, Encoding encoding, Clock clock) {
    this.blobs = blobs;
    this.manifests = new Manifests(blobs);
    this.encoding = encoding;
    this.clock = clock;
  }

  @Override
  public Saved save(Address address, TarWriter tar) {
    try (InputStream in = Pump.start(tar)) {
      return save(address, in);
    } catch (IOException e) {
      throw notSaved(address, e);
    }
  }

  @Override
  public Saved save(Address address, InputStream tar) {
    try (Upload upload = blobs.upload()) {
      Hashing stored = new Hashing(upload.stream());
      OutputStream packed =
          switch (encoding) {
            case TAR -> stored;
            case TAR_GZIP -> new GZIPOutputStream(stored, 1 << 16);
          };
      TarCheck.Count count = TarCheck.read(new Tee(tar, packed), address.kind());
      if (!count.worth()) {
        return new Saved(Optional.empty(), 0, 0);
      }
      if (packed instanceof GZIPOutputStream gzip) {
        gzip.finish();
      }
      String archive = ARCHIVES + "/" + UUID.randomUUID() + encoding.suffix;
      upload.publish(archive);
      Entry entry = publish(address, manifest(address, archive, stored, count));
      return new Saved(Optional.of(entry), stored.size(), 0);
    } catch (IOException e) {
      throw notSaved(address, e);
    }
  }

  @Override
  public Optional<Entry> again(Address address, Entry saved) {
    try {
      Optional<Manifest> there = manifests.at(saved.address()).map(Stored::manifest);
      if (there.isEmpty() || blobs.stat(there.get().archive()).isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(publish(address, there.get().at(address, clock.instant())));
    } catch (IOException e) {
      throw notSaved(address, e);
    }
  }

  private Entry publish(Address address, Manifest manifest) throws IOException {
    manifests.publish(address, manifest);
    return new Entry(
        address,
        manifest.files(),
        manifest.bytes(),
        manifest.archiveBytes(),
        manifest.created(),
        manifest.created());
  }

  @Override
  public List<Entry> entries(Scope scope, Kind kind) {
    return newestFirst(Manifests.kind(scope, kind));
  }

  @Override
  public Optional<Entry> find(Address address) {
    try {
      Optional<Stored> exact = manifests.at(address);
      if (exact.isPresent()) {
        return exact.map(Stored::entry);
      }
    } catch (IOException e) {
      throw notRead(e);
    }
    return newestFirst(Manifests.build(address)).stream().findFirst();
  }

  @Override
  public Opened open(Entry entry) {
    try {
      Optional<Stored> stored = manifests.at(entry.address());
      if (stored.isEmpty()) {
        return new Opened.Damaged("its manifest is gone or damaged");
      }
      Manifest manifest = stored.get().manifest();
      Optional<SeekableByteChannel> channel = blobs.open(manifest.archive());
      if (channel.isEmpty()) {
        return new Opened.Damaged("its archive is missing");
      }
      return check(stored.get(), channel.get());
    } catch (IOException e) {
      return new Opened.Damaged("it can not be read: " + e.getMessage());
    }
  }

  @Override
  public void used(Entry entry) {
    try {
      blobs.touch(Manifests.key(entry.address()));
    } catch (IOException e) {
      // A store this process may only read; it is used all the same.
    }
  }

  /// Every entry of the store that can be read, newest first.
  public List<Entry> all() {
    return newestFirst(Manifests.ROOT);
  }

  private static Opened check(Stored stored, SeekableByteChannel channel) throws IOException {
    Manifest manifest = stored.manifest();
    boolean handedOut = false;
    try {
      if (channel.size() != manifest.archiveBytes()) {
        return new Opened.Damaged(
            "its archive has " + channel.size() + " bytes, not " + manifest.archiveBytes());
      }
      Optional<String> refused = flaw(stored, buffered(channel));
      if (refused.isPresent()) {
        return new Opened.Damaged(refused.get());
      }
      channel.position(0);
      handedOut = true;
      return new OpenArchive(stored.entry(), manifest.encoding(), channel);
    } finally {
      if (!handedOut) {
        channel.close();
      }
    }
  }

  /// One reading for both questions: is it what was saved, and is it safe to unpack.
  private static Optional<String> flaw(Stored stored, InputStream archive) throws IOException {
    Hashing hashing = new Hashing(OutputStream.nullOutputStream());
    Tee tee = new Tee(archive, hashing);
    Optional<String> refused = Optional.empty();
    try {
      TarCheck.read(unpacked(stored.manifest().encoding(), tee), stored.entry().address().kind());
    } catch (IOException e) {
      refused = Optional.of("its archive is refused: " + e.getMessage());
    }
    tee.transferTo(OutputStream.nullOutputStream());
    return hashing.sha256().equals(stored.manifest().sha256())
        ? refused
        : Optional.of("its archive has another checksum than when it was saved");
  }

  private static InputStream unpacked(String encoding, InputStream stored) throws IOException {
    return encoding.equals(Manifest.TAR_GZIP) ? new GZIPInputStream(stored, 1 << 16) : stored;
  }

  private record OpenArchive(Entry entry, String encoding, SeekableByteChannel channel)
      implements Opened.Whole {
    @Override
    public InputStream tar() throws IOException {
      channel.position(0);
      return unpacked(encoding, buffered(channel));
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        // Only read from.
      }
    }
  }

  private static InputStream buffered(SeekableByteChannel channel) {
    return new BufferedInputStream(Channels.newInputStream(channel), 1 << 17);
  }

  private List<Entry> newestFirst(String prefix) {
    try {
      return manifests.below(prefix).stream()
          .map(Stored::entry)
          .sorted(Comparator.comparing(Entry::created).reversed())
          .toList();
    } catch (IOException e) {
      throw notRead(e);
    }
  }

  private Manifest manifest(Address address, String archive, Hashing stored, TarCheck.Count count) {
    return Manifest.of(
        address,
        archive,
        encoding.word,
        stored.size(),
        stored.sha256(),
        count.files(),
        count.bytes(),
        clock.instant());
  }

  private UserError notSaved(Address address, IOException e) {
    return new UserError(
        "Could not save " + address + " to " + blobs.url() + ": " + e.getMessage(),
        "The state before it is untouched; see what the message names and save again.",
        e);
  }

  private UserError notRead(IOException e) {
    return new UserError(
        "Could not read the cache store " + blobs.url() + ": " + e.getMessage(),
        "Check that the store is reachable and its files can be read.",
        e);
  }
}
