package dev.bakehouse.oci;

import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/// An OCI image layout in a directory: `oci-layout`, `index.json`, `blobs/sha256/HEX`.
///
/// Blobs and the index appear by rename; changes of the index happen under a lock.
public final class LayoutRepository implements Repository {
  private static final String MARKER = "{\"imageLayoutVersion\":\"1.0.0\"}";

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
      return Optional.of(Digest.parse(selector)).filter(this::hasBlob);
    }
    return index().find(selector).map(Descriptor::digest);
  }

  @Override
  public Manifest manifest(String selector) {
    String action = "read the manifest " + selector + " of " + name();
    Digest digest = head(selector).orElseThrow(() -> new RegistryError.Absent(action));
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
    if (hasBlob(digest)) {
      return;
    }
    create();
    Path fresh = Files.createTempFile(staging(), "blob", "");
    Files.move(file, fresh, StandardCopyOption.REPLACE_EXISTING);
    reached.accept(Files.size(fresh));
    Files.move(fresh, path(digest), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void putManifest(Manifest manifest, String tag) {
    try {
      Path fresh = Files.createTempFile(staging(), "manifest", "");
      Files.write(fresh, manifest.raw());
      writeBlob(manifest.digest(), fresh);
      Files.deleteIfExists(fresh);
      create();
      try (ExclusiveLock _ = ExclusiveLock.on(root.resolve(".lock"))) {
        Descriptor entry =
            new Descriptor(
                manifest.mediaType(), manifest.digest(), manifest.raw().length, Map.of());
        Path next = Files.createTempFile(staging(), "index", "");
        Files.write(next, index().with(tag, entry).bytes());
        Files.move(next, root.resolve("index.json"), StandardCopyOption.ATOMIC_MOVE);
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
    return Files.createDirectories(root.resolve(".staging"));
  }

  private LayoutIndex index() {
    Path file = root.resolve("index.json");
    try {
      return Files.exists(file)
          ? LayoutIndex.parse(Files.readAllBytes(file), file.toString())
          : LayoutIndex.empty();
    } catch (IOException e) {
      throw failed("read " + file, e);
    }
  }

  private void create() throws IOException {
    Files.createDirectories(root.resolve("blobs/sha256"));
    Path marker = root.resolve("oci-layout");
    if (!Files.exists(marker)) {
      Path fresh = Files.createTempFile(staging(), "layout", "");
      Files.write(fresh, MARKER.getBytes(StandardCharsets.UTF_8));
      Files.move(fresh, marker, StandardCopyOption.ATOMIC_MOVE);
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
