package dev.bakehouse.store.s3;

import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.Keys;
import dev.bakehouse.store.Upload;
import dev.bakehouse.store.WholeBlob;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Object;

/// `s3://BUCKET/PREFIX`: one object a blob.
///
/// [#touch] is a copy of the object onto itself, see [S3Touch]: the server's work, no byte comes
/// here; it costs two requests, one of them at the price of a write. [#delete] costs two as well.
/// Requests a store makes are counted nowhere but in its bill.
public final class S3Store implements BlobStore {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

  private final Bucket bucket;

  private S3Store(Bucket bucket) {
    this.bucket = bucket;
  }

  /// Asks nobody anything yet. Found by its name, as this package has a class loader of its own.
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
    String name = bucket.key(check(key));
    return bucket.callIfThere(
        "look at",
        key,
        client -> info(key, client.headObject(r -> r.bucket(bucket.location.bucket()).key(name))));
  }

  @Override
  public int reads() {
    return 8;
  }

  @Override
  public Optional<SeekableByteChannel> open(String key) throws IOException {
    return S3Channel.open(bucket, check(key)).map(channel -> channel);
  }

  @Override
  public boolean read(String key, long from, ByteBuffer to) throws IOException {
    return Ranges.first(bucket, check(key), from, to).isPresent();
  }

  @Override
  public Optional<WholeBlob> read(String key, int most) throws IOException {
    Optional<S3Channel> open = S3Channel.open(bucket, check(key));
    return open.isEmpty()
        ? Optional.empty()
        : Optional.of(WholeBlob.of(open.get().info(), open.get(), most));
  }

  @Override
  public List<BlobInfo> list(String prefix) throws IOException {
    String top = bucket.key(prefix.isEmpty() ? "" : check(prefix) + "/");
    List<BlobInfo> all = new ArrayList<>();
    String what = prefix.isEmpty() ? "everything" : prefix;
    Optional<String> from = Optional.empty();
    while (true) {
      Optional<String> start = from;
      Page page = bucket.call("list", what, client -> page(client, top, start));
      if (!page.named() || (page.next().isPresent() && page.next().equals(from))) {
        throw new IOException(
            "Could not list "
                + what
                + " in "
                + url()
                + ": the answer "
                + (page.named() ? "has no end" : "was empty")
                + ". Try again.");
      }
      all.addAll(page.blobs());
      if (page.next().isEmpty()) {
        return all;
      }
      from = page.next();
    }
  }

  /// @param named an answer that was cut to nothing must not look like an empty bucket: whole ones
  ///   name it
  private record Page(boolean named, List<BlobInfo> blobs, Optional<String> next) {}

  private Page page(S3Client client, String top, Optional<String> from) {
    ListObjectsV2Response answer =
        client.listObjectsV2(
            r ->
                r.bucket(bucket.location.bucket())
                    .prefix(top)
                    .continuationToken(from.orElse(null)));
    List<BlobInfo> blobs = new ArrayList<>();
    for (S3Object object : answer.contents()) {
      boolean asked = object.key().startsWith(top);
      String key = asked ? object.key().substring(bucket.location.prefix().length()) : "";
      if (asked && Keys.valid(key)) {
        blobs.add(info(key, object.size(), object.lastModified(), object.eTag()));
      }
    }
    Optional<String> next = Optional.ofNullable(answer.nextContinuationToken());
    return new Page(answer.name() != null, blobs, next);
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
    if (there.isPresent()) {
      new S3Touch(bucket, key, there.get()).touch();
    }
  }

  /// By the clock that the server writes its answers' times with.
  @Override
  public Optional<Instant> now() throws IOException {
    return bucket.date();
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
                    .filter(u -> u.key().startsWith(bucket.location.prefix()))
                    .filter(u -> u.initiated().isBefore(before))
                    .toList());
    int count = 0;
    for (MultipartUpload upload : uploads) {
      if (abort(upload)) {
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
    return info(key, found.contentLength(), found.lastModified(), found.eTag());
  }

  static BlobInfo info(String key, long size, Instant modified, String version) {
    return new BlobInfo(key, size, modified.truncatedTo(ChronoUnit.SECONDS), version);
  }

  static String check(String key) {
    if (!Keys.valid(key)) {
      throw new IllegalArgumentException("not a key of a blob: " + key);
    }
    return key;
  }
}
