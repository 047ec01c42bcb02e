package dev.bakehouse.rollout;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Repository;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// A repository at which others get in between.
///
/// @param before runs before a tag is asked for or put
/// @param after runs after a tag was put
record Watched(Repository real, Runnable before, Consumer<String> after) implements Repository {
  @Override
  public void putManifest(Manifest manifest, String tag) {
    before.run();
    real.putManifest(manifest, tag);
    after.accept(tag);
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public Optional<Digest> head(String selector) {
    before.run();
    return real.head(selector);
  }

  @Override
  public Manifest manifest(String selector) {
    return real.manifest(selector);
  }

  @Override
  public boolean hasBlob(Digest digest) {
    return real.hasBlob(digest);
  }

  @Override
  public InputStream blob(Digest digest, long from) throws IOException {
    return real.blob(digest, from);
  }

  @Override
  public InputStream blob(Digest digest, long from, long length) throws IOException {
    return real.blob(digest, from, length);
  }

  @Override
  public boolean mount(Digest digest, String from) {
    return real.mount(digest, from);
  }

  @Override
  public void writeBlob(Digest digest, Path file, LongConsumer reached) throws IOException {
    real.writeBlob(digest, file, reached);
  }

  @Override
  public List<String> tags() {
    return real.tags();
  }

  @Override
  public Path staging() throws IOException {
    return real.staging();
  }
}
