package dev.bakehouse.oci;

import dev.bakehouse.oci.Endpoints.GetBlob;
import dev.bakehouse.oci.Endpoints.GetManifest;
import dev.bakehouse.oci.Endpoints.HeadBlob;
import dev.bakehouse.oci.Endpoints.HeadManifest;
import dev.bakehouse.oci.Endpoints.ListTags;
import dev.bakehouse.oci.Endpoints.PutBlob;
import dev.bakehouse.oci.Endpoints.PutManifest;
import dev.bakehouse.oci.Endpoints.StartUpload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.io.input.BoundedInputStream;

/// A repository of a registry over HTTP.
public final class RemoteRepository implements Repository {
  private static final int UPLOADS = 4;

  private final Reference.Remote remote;
  private final String repository;
  private final RegistryClient client;
  private final Path staging;

  /// @param plainHttp without TLS; never guessed, only where asked for
  /// @param staging an existing directory for compressed slices on their way up
  public RemoteRepository(
      Reference.Remote remote, Credentials credentials, boolean plainHttp, Path staging) {
    this.remote = remote;
    this.repository = name();
    this.client = new RegistryClient(remote, credentials, plainHttp);
    this.staging = staging;
  }

  @Override
  public String name() {
    return remote.host() + "/" + remote.repository();
  }

  @Override
  public Optional<Digest> head(String selector) {
    return client.send(new HeadManifest(repository, selector));
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
    return new ResumingBlob(offset -> client.send(new GetBlob(repository, digest, offset)), from);
  }

  @Override
  public InputStream blob(Digest digest, long from, long length) throws IOException {
    return BoundedInputStream.builder()
        .setInputStream(blob(digest, from))
        .setMaxCount(length)
        .get();
  }

  @Override
  public boolean mount(Digest digest, String from) {
    return false;
  }

  @Override
  public void writeBlob(Digest digest, Path file) throws IOException {
    for (int attempt = 1; !hasBlob(digest); attempt++) {
      try {
        client.send(
            new PutBlob(repository, client.send(new StartUpload(repository)), digest, file));
        return;
      } catch (RegistryError.Denied e) {
        throw e;
      } catch (RegistryError e) {
        if (attempt == UPLOADS) {
          throw e;
        }
      }
    }
  }

  @Override
  public void putManifest(Manifest manifest, String tag) {
    client.send(new PutManifest(repository, tag, manifest));
  }

  @Override
  public List<String> tags() {
    return client.send(new ListTags(repository));
  }

  @Override
  public Path staging() {
    return staging;
  }
}
