package dev.bakehouse.store.s3;

import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.Keys;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Object;

/// `s3://BUCKET/PREFIX`: one object a blob.
///
/// Conditions are the server's (`If-None-Match`, `If-Match`); a server that ignores them, as old
/// ones do, replaces where it should refuse. [#touch] is a copy of the object onto itself: the
/// server's work, no byte comes here; it costs two requests, one of them at the price of a write.
/// [#delete] costs two as well. Requests a store makes are counted nowhere but in its bill.
public final class S3Store implements BlobStore {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

  private final Bucket bucket;

  private S3Store(Bucket bucket) {
    this.bucket = bucket;
  }

  /// Asks nobody anything yet.
  ///
  /// @param credentialsFile as `~/.aws/credentials`; without one the SDK's own chain
  /// @throws dev.bakehouse.platform.UserError when the URL or the file is not acceptable
  public static S3Store of(String url, Optional<Path> credentialsFile) {
    return of(url, credentialsFile, FIRST_PAUSE);
  }

  static S3Store of(String url, Optional<Path> credentialsFile, Duration firstPause) {
    return new S3Store(Bucket.of(Location.parse(url), credentialsFile, firstPause));
  }

  @Override
  public String url() {
    return bucket.location.url();
  }

  @Override
  public Upload upload() {
    return new S3Upload(bucket);
  }

  @Override
  public Optional<BlobInfo> stat(String key) throws IOException {
    return head(bucket, key).map(found -> info(key, found));
  }

  @Override
  public Optional<SeekableByteChannel> open(String key) throws IOException {
    return S3Channel.open(bucket, check(key));
  }

  @Override
  public List<BlobInfo> list(String prefix) throws IOException {
    String top = bucket.key(prefix.isEmpty() ? "" : check(prefix) + "/");
    List<BlobInfo> all = new ArrayList<>();
    String what = prefix.isEmpty() ? "everything" : prefix;
    Optional<String> next = Optional.empty();
    do {
      ListObjectsV2Response page = page(top, what, next);
      for (S3Object object : page.contents()) {
        String key = object.key().substring(bucket.location.prefix().length());
        if (Keys.valid(key)) {
          Instant modified = object.lastModified().truncatedTo(ChronoUnit.SECONDS);
          all.add(new BlobInfo(key, object.size(), modified, object.eTag()));
        }
      }
      next = Optional.ofNullable(page.nextContinuationToken());
    } while (next.isPresent());
    return all;
  }

  /// An answer that was cut to nothing must not look like an empty bucket: whole ones name it.
  private ListObjectsV2Response page(String top, String what, Optional<String> from)
      throws IOException {
    ListObjectsV2Response page =
        bucket.call(
            "list",
            what,
            client ->
                client.listObjectsV2(
                    r ->
                        r.bucket(bucket.location.bucket())
                            .prefix(top)
                            .continuationToken(from.orElse(null))));
    if (page.name() == null) {
      throw new IOException(
          "Could not list " + what + " in " + url() + ": the answer was empty. Try again.");
    }
    return page;
  }

  @Override
  public boolean delete(String key) throws IOException {
    if (stat(key).isEmpty()) {
      return false;
    }
    bucket.call(
        "delete",
        key,
        client ->
            client.deleteObject(r -> r.bucket(bucket.location.bucket()).key(bucket.key(key))));
    return true;
  }

  @Override
  public void touch(String key) throws IOException {
    Optional<HeadObjectResponse> there = head(bucket, key);
    if (there.isEmpty()) {
      return;
    }
    // Replaced since means young anyway.
    bucket.callIfThere(
        "touch",
        key,
        client ->
            client.copyObject(
                r ->
                    r.sourceBucket(bucket.location.bucket())
                        .sourceKey(bucket.key(key))
                        .copySourceIfMatch(there.get().eTag())
                        .destinationBucket(bucket.location.bucket())
                        .destinationKey(bucket.key(key))
                        .metadata(there.get().metadata())
                        .metadataDirective(MetadataDirective.REPLACE)));
  }

  @Override
  public int deleteAbandoned(Instant before) throws IOException {
    List<MultipartUpload> uploads =
        bucket.call(
            "list",
            "unfinished uploads",
            client ->
                client
                    .listMultipartUploadsPaginator(
                        r -> r.bucket(bucket.location.bucket()).prefix(bucket.location.prefix()))
                    .uploads()
                    .stream()
                    .toList());
    int count = 0;
    for (MultipartUpload upload : uploads) {
      if (upload.initiated().isBefore(before) && abort(upload)) {
        count++;
      }
    }
    return count;
  }

  private boolean abort(MultipartUpload upload) throws IOException {
    return bucket
        .callIfThere(
            "drop",
            "the unfinished upload of " + upload.key(),
            client ->
                client.abortMultipartUpload(
                    r ->
                        r.bucket(bucket.location.bucket())
                            .key(upload.key())
                            .uploadId(upload.uploadId())))
        .isPresent();
  }

  static Optional<HeadObjectResponse> head(Bucket bucket, String key) throws IOException {
    String name = bucket.key(check(key));
    return bucket.callIfThere(
        "look at",
        key,
        client -> client.headObject(r -> r.bucket(bucket.location.bucket()).key(name)));
  }

  private static BlobInfo info(String key, HeadObjectResponse found) {
    Instant modified = found.lastModified().truncatedTo(ChronoUnit.SECONDS);
    return new BlobInfo(key, found.contentLength(), modified, found.eTag());
  }

  static String check(String key) {
    if (!Keys.valid(key)) {
      throw new IllegalArgumentException("not a key of a blob: " + key);
    }
    return key;
  }
}
