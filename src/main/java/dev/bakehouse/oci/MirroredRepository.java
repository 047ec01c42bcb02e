package dev.bakehouse.oci;

import dev.bakehouse.platform.BulkInput;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongConsumer;

/// A registry's repository with mirrors: content is asked of them first, by digest, and of the
/// registry itself where they lack it or fail. What a tag means only the registry knows; a mirror
/// is asked when that can not be reached. Everything is written to the registry.
final class MirroredRepository implements Repository {
  /// A mirror and its copy of the repository.
  record Source(Mirror mirror, Repository repository) {}

  private final Repository origin;
  private final List<Source> mirrors;
  private final MirrorHealth health;
  private final Map<Digest, Mirror> served = new ConcurrentHashMap<>();

  MirroredRepository(Repository origin, List<Source> mirrors, MirrorHealth health) {
    this.origin = origin;
    this.mirrors = List.copyOf(mirrors);
    this.health = health;
  }

  @Override
  public String name() {
    return origin.name();
  }

  @Override
  public Optional<Digest> head(String selector) {
    if (Digest.looksLike(selector)) {
      return ofMirrors(mirror -> mirror.head(selector)).or(() -> origin.head(selector));
    }
    try {
      return origin.head(selector);
    } catch (RegistryError.Unreachable | RegistryError.Failing e) {
      Optional<Digest> copied = ofMirrors(mirror -> mirror.head(selector));
      health.say(
          e.getMessage()
              + copied.map(d -> "; a mirror says " + d).orElse("; no mirror knows it either"));
      return Optional.of(copied.orElseThrow(() -> e));
    }
  }

  @Override
  public Manifest manifest(String selector) {
    if (Digest.looksLike(selector)) {
      return ofMirrors(mirror -> Optional.of(mirror.manifest(selector)))
          .orElseGet(() -> origin.manifest(selector));
    }
    Digest digest =
        head(selector)
            .orElseThrow(
                () -> new RegistryError.Absent("read the manifest of " + name() + ":" + selector));
    return manifest(digest.toString());
  }

  /// Asked before a blob is written, so of the registry itself.
  @Override
  public boolean hasBlob(Digest digest) {
    return origin.hasBlob(digest);
  }

  @Override
  public InputStream blob(Digest digest, long from) {
    return new Fallback(digest, from, Long.MAX_VALUE);
  }

  @Override
  public InputStream blob(Digest digest, long from, long length) {
    return new Fallback(digest, from, from + length);
  }

  @Override
  public boolean distrust(Digest digest) {
    Mirror mirror = served.remove(digest);
    if (mirror != null) {
      health.failed(mirror, "its bytes of the blob " + digest + " are wrong");
    }
    return mirror != null;
  }

  @Override
  public boolean mount(Digest digest, String from) {
    return origin.mount(digest, from);
  }

  @Override
  public void writeBlob(Digest digest, Path file, LongConsumer reached) throws IOException {
    origin.writeBlob(digest, file, reached);
  }

  @Override
  public void putManifest(Manifest manifest, String tag) {
    origin.putManifest(manifest, tag);
  }

  @Override
  public List<String> tags() {
    return origin.tags();
  }

  @Override
  public Path staging() throws IOException {
    return origin.staging();
  }

  private <T> Optional<T> ofMirrors(Function<Repository, Optional<T>> question) {
    for (Source source : mirrors) {
      if (!health.resting(source.mirror())) {
        try {
          Optional<T> answer = question.apply(source.repository());
          if (answer.isPresent()) {
            return answer;
          }
        } catch (RegistryError.Absent e) {
          // The next may have it.
        } catch (RegistryError | CorruptData e) {
          health.failed(source.mirror(), e);
        }
      }
    }
    return Optional.empty();
  }

  /// A blob's bytes from the first source that gives them; the next goes on where one fails.
  private final class Fallback extends BulkInput {
    private final Digest digest;
    private final List<Source> left = new ArrayList<>(mirrors);
    private final long end;
    private long at;
    private InputStream current = InputStream.nullInputStream();
    private Optional<Mirror> mirror = Optional.empty();
    private boolean open;

    Fallback(Digest digest, long from, long end) {
      this.digest = digest;
      this.at = from;
      this.end = end;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      while (true) {
        try {
          if (!open) {
            next();
          }
          int n = current.read(target, offset, length);
          at += Math.max(0, n);
          return n;
        } catch (RegistryError e) {
          Mirror failed = mirror.orElseThrow(() -> e);
          if (!(e instanceof RegistryError.Absent)) {
            health.failed(failed, e);
          }
          close();
        }
      }
    }

    private void next() throws IOException {
      left.removeIf(source -> health.resting(source.mirror()));
      Repository from = origin;
      mirror = Optional.empty();
      if (!left.isEmpty()) {
        Source source = left.removeFirst();
        mirror = Optional.of(source.mirror());
        from = source.repository();
        served.put(digest, source.mirror());
      }
      current = end == Long.MAX_VALUE ? from.blob(digest, at) : from.blob(digest, at, end - at);
      open = true;
    }

    @Override
    public void close() throws IOException {
      open = false;
      current.close();
    }
  }
}
