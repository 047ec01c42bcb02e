package dev.bakehouse.store.s3;

import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/// One object on its way: nothing is sent before it is published, for its name is not known.
///
/// Each carries its SHA-256 and a name of its own in its metadata. By the latter a refusal is told
/// from the echo of a call that succeeded and whose answer was lost.
final class S3Upload implements Upload {
  static final String SHA256 = "sha256";
  private static final String NAME = "upload";

  /// The largest blob that goes in one request: packs do.
  static final int WHOLE = 33 << 20;

  private final Bucket bucket;
  private final String name = UUID.randomUUID().toString();
  private final Spool spool = new Spool(WHOLE);

  S3Upload(Bucket bucket) {
    this.bucket = bucket;
  }

  @Override
  public OutputStream stream() {
    return spool;
  }

  @Override
  public void publish(String key) throws IOException {
    S3Store.check(key);
    byte[] digest = spool.sha256();
    Map<String, String> metadata = Map.of(SHA256, HexFormat.of().formatHex(digest), NAME, name);
    boolean sent =
        spool.size() <= WHOLE
            ? whole(key, metadata, digest)
            : new MultipartSend(bucket, key, spool, metadata).send();
    if (!sent && !isOwn(key)) {
      throw new IOException(
          "Could not write "
              + key
              + " to "
              + bucket.location.url()
              + ": another upload took its place while it was sent. Save again.");
    }
  }

  @Override
  public void close() throws IOException {
    spool.close();
  }

  private boolean whole(String key, Map<String, String> metadata, byte[] sha256)
      throws IOException {
    RequestBody body =
        RequestBody.fromContentProvider(
            () -> spool.range(0, spool.size()), spool.size(), "application/octet-stream");
    return bucket
        .callIfThere(
            "write",
            key,
            client ->
                bucket.checksummed(
                    checksum ->
                        client.putObject(
                            r ->
                                r.bucket(bucket.location.bucket())
                                    .key(bucket.key(key))
                                    .metadata(metadata)
                                    .checksumSHA256(checksum ? base64(sha256) : null),
                            body)))
        .isPresent();
  }

  /// A checksum as S3 writes it.
  static String base64(byte[] digest) {
    return Base64.getEncoder().encodeToString(digest);
  }

  private boolean isOwn(String key) throws IOException {
    Optional<HeadObjectResponse> there = S3Store.head(bucket, key);
    return there.filter(h -> name.equals(h.metadata().get(NAME))).isPresent();
  }
}
