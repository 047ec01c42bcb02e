package dev.bakehouse.oci;

import dev.bakehouse.oci.Endpoints.GetBlob;
import dev.bakehouse.oci.Endpoints.GetManifest;
import dev.bakehouse.oci.Endpoints.HeadBlob;
import dev.bakehouse.oci.Endpoints.HeadManifest;
import dev.bakehouse.oci.Endpoints.ListTags;
import dev.bakehouse.oci.Endpoints.PutManifest;
import dev.bakehouse.oci.Endpoints.TagPage;
import dev.bakehouse.oci.UploadEndpoints.MountBlob;
import dev.bakehouse.oci.UploadEndpoints.Session;
import dev.bakehouse.platform.Attempts;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/// A repository of a registry over HTTP.
final class RemoteRepository implements Repository {
  /// No repository has more; a list that goes round in a circle ends.
  private static final int TAG_PAGES = 1000;

  private final Reference.Remote remote;
  private final String repository;
  private final RegistryClient client;
  private final Uploader uploader;
  private final Path staging;

  /// @param plainHttp without TLS; never guessed, only where asked for
  /// @param staging an existing directory for compressed slices on their way up
  RemoteRepository(
      Reference.Remote remote, Credentials credentials, boolean plainHttp, Path staging) {
    this(
        remote,
        credentials,
        plainHttp,
        staging,
        RegistryPatience.USUAL,
        Registries.NONE.chunk(remote.host()));
  }

  /// @param chunk bytes of a chunk of an upload; 0 for one request a blob
  RemoteRepository(
      Reference.Remote remote,
      Credentials credentials,
      boolean plainHttp,
      Path staging,
      RegistryPatience patience,
      long chunk) {
    this.remote = remote;
    this.repository = name();
    this.client = new RegistryClient(remote, credentials, plainHttp, patience);
    this.uploader = new Uploader(client, repository, chunk);
    this.staging = staging;
  }

  @Override
  public String name() {
    return remote.host() + "/" + remote.repository();
  }

  @Override
  public Optional<Digest> head(String selector) {
    return client
        .send(new HeadManifest(repository, selector))
        .map(named -> named.isEmpty() ? manifest(selector).digest() : Digest.parse(named));
  }

  @Override
  public Manifest manifest(String selector) {
    byte[] raw = client.send(new GetManifest(repository, selector));
    String what = "The manifest " + selector + " of " + name();
    if (Digest.looksLike(selector) && !Digest.of(raw).equals(Digest.parse(selector))) {
      throw new CorruptData(what, "its bytes have " + Digest.of(raw));
    }
    return Manifest.parse(raw, what);
  }

  @Override
  public boolean hasBlob(Digest digest) {
    return client.send(new HeadBlob(repository, digest));
  }

  @Override
  public InputStream blob(Digest digest, long from) {
    return read(digest, from, -1);
  }

  @Override
  public InputStream blob(Digest digest, long from, long length) {
    return length == 0 ? InputStream.nullInputStream() : read(digest, from, from + length);
  }

  private InputStream read(Digest digest, long from, long end) {
    return new ResumingBlob(
        "the blob " + digest + " of " + name(),
        client,
        (start, stop) -> client.send(new GetBlob(repository, digest, start, stop)),
        from,
        end);
  }

  @Override
  public boolean mount(Digest digest, String from) {
    String prefix = remote.host() + "/";
    if (!from.startsWith(prefix)) {
      return false;
    }
    String other = from.substring(prefix.length());
    try {
      Optional<Session> upload = client.send(new MountBlob(repository, digest, other));
      upload.ifPresent(uploader::cancel);
      return upload.isEmpty();
    } catch (RegistryError.Denied | RegistryError.Absent e) {
      // No right to read there, or nothing: the blob is written like any other.
      return false;
    }
  }

  @Override
  public void writeBlob(Digest digest, Path file, LongConsumer reached) throws IOException {
    uploader.write(digest, file, reached);
  }

  @Override
  public void putManifest(Manifest manifest, String tag) {
    PutManifest put = new PutManifest(repository, tag, manifest);
    Attempts attempts = new Attempts(client.patience(), put.action());
    while (true) {
      try {
        client.send(put);
        return;
      } catch (RegistryError.Incomplete e) {
        // Distribution's notes of which blobs it has are not written in one step: while somebody
        // else sends the same blob, the note of it is empty.
        if (!hasBlobs(manifest) || !attempts.again(Optional.empty())) {
          throw e;
        }
      }
    }
  }

  private boolean hasBlobs(Manifest manifest) {
    return Stream.concat(Stream.of(manifest.config()), manifest.layers().stream())
        .map(Descriptor::digest)
        .distinct()
        .allMatch(this::hasBlob);
  }

  @Override
  public List<String> tags() {
    Set<String> tags = new TreeSet<>();
    Optional<URI> page = Optional.empty();
    for (int i = 0; i < TAG_PAGES && (i == 0 || page.isPresent()); i++) {
      TagPage read = client.send(new ListTags(repository, page));
      tags.addAll(read.tags());
      page = read.next();
    }
    return List.copyOf(tags);
  }

  @Override
  public Path staging() {
    return staging;
  }
}
