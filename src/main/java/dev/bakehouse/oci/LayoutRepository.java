package dev.bakehouse.oci;

import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/// An OCI image layout in a directory: `oci-layout`, `index.json`, `blobs/sha256/HEX`.
///
/// Blobs and the index appear by rename, their bytes first, and the index after what it names: a
/// power cut costs what was not said to be stored. Changes of the index happen under a lock.
public final class LayoutRepository implements Repository {
  private static final String MARKER = "{\"imageLayoutVersion\":\"1.0.0\"}";

  /// Where an index goes that can not be read: a person may find tags in it.
  private static final String DAMAGED = "index.json.damaged";

  private final Path root;

  public LayoutRepository(Path root) {
    this.root = root;
  }

  @Override
  public String name() {
    return "oci:" + root;
  }

  @Override
  public Optional<Digest> head(String selector) {
    if (Digest.looksLike(selector)) {
      return Optional.of(Digest.parse(selector)).filter(this::whole);
    }
    return index().find(selector).map(Descriptor::digest);
  }

  @Override
  public Manifest manifest(String selector) {
    String action = "read the manifest " + selector + " of " + name();
    Digest digest =
        Digest.looksLike(selector)
            ? Digest.parse(selector)
            : head(selector).orElseThrow(() -> new RegistryError.Absent(action));
    if (!hasBlob(digest)) {
      if (Digest.looksLike(selector)) {
        throw new RegistryError.Absent(action);
      }
      throw new CorruptData(name(), "it has the tag " + selector + ", but not " + digest);
    }
    try {
      byte[] raw = Files.readAllBytes(path(digest));
      Digest actual = Digest.of(raw);
      if (!actual.equals(digest)) {
        throw new CorruptData("The manifest " + digest + " of " + name(), "it has " + actual);
      }
      return Manifest.parse(raw, "The manifest " + digest + " of " + name());
    } catch (IOException e) {
      throw failed(action, e);
    }
  }

  @Override
  public boolean hasBlob(Digest digest) {
    return Files.isRegularFile(path(digest));
  }

  @Override
  public boolean hasBlob(Descriptor blob) {
    return hasBlob(blob.digest(), blob.size());
  }

  @Override
  public boolean keeps(Descriptor blob) {
    return hasBlob(blob);
  }

  @Override
  public Optional<String> damage() {
    try {
      LayoutIndex _ = index();
      return Optional.empty();
    } catch (CorruptData e) {
      return Optional.of(
          e.getMessage() + "; it is made anew, without the tags it had, and kept as " + DAMAGED);
    }
  }

  @Override
  public InputStream blob(Digest digest, long from) throws IOException {
    if (!hasBlob(digest)) {
      throw new RegistryError.Absent("read the blob " + digest + " of " + name());
    }
    InputStream in = Files.newInputStream(path(digest));
    in.skipNBytes(from);
    return in;
  }

  @Override
  public InputStream blob(Digest digest, long from, long length) throws IOException {
    return new Bounded(blob(digest, from), length);
  }

  @Override
  public boolean mount(Digest digest, String from) {
    return false;
  }

  @Override
  public void writeBlob(Digest digest, Path file, LongConsumer reached) throws IOException {
    if (hasBlob(digest, Files.size(file))) {
      return;
    }
    create();
    Path fresh = Scratch.file(staging());
    Files.move(file, fresh, StandardCopyOption.REPLACE_EXISTING);
    reached.accept(Files.size(fresh));
    Durable.publish(fresh, path(digest));
  }

  @Override
  public void putManifest(Manifest manifest, String tag) {
    try {
      Blobs.write(this, manifest.digest(), manifest.raw());
      create();
      // Another process may have brought what was there already.
      Durable.sync(root.resolve("blobs/sha256"));
      try (ExclusiveLock _ = ExclusiveLock.on(root.resolve(".lock"))) {
        Descriptor entry =
            new Descriptor(
                manifest.mediaType(), manifest.digest(), manifest.raw().length, Map.of());
        boolean damaged = damage().isPresent();
        if (damaged) {
          Path index = root.resolve("index.json");
          Files.copy(index, root.resolve(DAMAGED), StandardCopyOption.REPLACE_EXISTING);
        }
        LayoutIndex now = damaged ? LayoutIndex.empty() : index();
        Path next = Scratch.file(staging());
        Files.write(next, now.with(tag, entry).bytes());
        Durable.publish(next, root.resolve("index.json"));
      }
    } catch (IOException e) {
      throw failed("write the tag " + tag + " of " + name(), e);
    }
  }

  @Override
  public List<String> tags() {
    return index().tags();
  }

  @Override
  public Path staging() throws IOException {
    return Durable.directories(root.resolve(".staging"));
  }

  private LayoutIndex index() {
    Path file = root.resolve("index.json");
    try {
      return LayoutIndex.parse(Files.readAllBytes(file), file.toString());
    } catch (NoSuchFileException e) {
      return LayoutIndex.empty();
    } catch (IOException e) {
      if (e instanceof FileSystemException f && "Not a directory".equals(f.getReason())) {
        return LayoutIndex.empty();
      }
      throw failed("read " + file, e);
    }
  }

  private void create() throws IOException {
    Path _ = Durable.directories(root.resolve("blobs/sha256"));
    Path marker = root.resolve("oci-layout");
    if (!Files.exists(marker) || Files.size(marker) == 0) {
      Path fresh = Scratch.file(staging());
      Files.write(fresh, MARKER.getBytes(StandardCharsets.UTF_8));
      Durable.publish(fresh, marker);
    }
  }

  private boolean hasBlob(Digest digest, long size) {
    try {
      return hasBlob(digest) && Files.size(path(digest)) == size;
    } catch (IOException e) {
      throw failed("look at the blob " + digest + " of " + name(), e);
    }
  }

  /// Whether a manifest is there with its bytes.
  private boolean whole(Digest digest) {
    try {
      return hasBlob(digest) && Digest.of(path(digest)).equals(digest);
    } catch (IOException e) {
      throw failed("read the blob " + digest + " of " + name(), e);
    }
  }

  private Path path(Digest digest) {
    return root.resolve("blobs/sha256").resolve(digest.hex());
  }

  private static UserError failed(String action, IOException e) {
    return new UserError(
        "Could not " + action + ": " + e.getMessage(),
        "Check the directory's mode and free space.",
        e);
  }
}
