package dev.bakehouse.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectResult;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/// Makes an object young, inside the server: by a copy onto itself, and where that leaves its time
/// as it was, by an upload of one part that is copied from it. Where the server completes no upload
/// under a condition, the object comes here and goes back. None of these replaces a newer one.
final class S3Touch {
  private final Bucket bucket;
  private final String key;
  private final HeadObjectResponse there;

  /// @param there what it is; one that was replaced since is young anyway
  S3Touch(Bucket bucket, String key, HeadObjectResponse there) {
    this.bucket = bucket;
    this.key = key;
    this.there = there;
  }

  void touch() throws IOException {
    Optional<Instant> time = copy();
    if (time.isPresent() && !time.get().isAfter(there.lastModified())) {
      rewrite();
    }
  }

  /// @return its time now; empty when it is gone or replaced
  private Optional<Instant> copy() throws IOException {
    return bucket.callIfThere(
        "touch",
        key,
        client ->
            time(
                client.copyObject(
                    r ->
                        r.sourceBucket(bucket.location.bucket())
                            .sourceKey(bucket.key(key))
                            .copySourceIfMatch(there.eTag())
                            .destinationBucket(bucket.location.bucket())
                            .destinationKey(bucket.key(key))
                            .metadata(there.metadata())
                            .metadataDirective(MetadataDirective.REPLACE))));
  }

  /// A server that does not tell is taken to do as S3 does.
  private static Instant time(CopyObjectResponse answer) {
    CopyObjectResult result = answer.copyObjectResult();
    Instant time = result == null ? null : result.lastModified();
    return time == null ? Instant.MAX : time;
  }

  private void rewrite() throws IOException {
    if (bucket.conditionalUploads) {
      try {
        inside();
        return;
      } catch (IOException e) {
        if (!Failures.isUnknownThere(e)) {
          throw e;
        }
        bucket.conditionalUploads = false;
      }
    }
    if (there.contentLength() > S3Upload.WHOLE) {
      throw lacking(null);
    }
    outside();
  }

  private void outside() throws IOException {
    Optional<S3Channel> channel = S3Channel.open(bucket, key);
    if (channel.isEmpty()) {
      return;
    }
    try (InputStream in = Channels.newInputStream(channel.get());
        Spool spool = new Spool(1 << 16)) {
      in.transferTo(spool);
      RequestBody body =
          RequestBody.fromContentProvider(
              () -> spool.range(0, spool.size()), spool.size(), "application/octet-stream");
      Optional<PutObjectResponse> _ =
          bucket.callIfThere(
              "touch",
              key,
              client ->
                  client.putObject(
                      r ->
                          r.bucket(bucket.location.bucket())
                              .key(bucket.key(key))
                              .metadata(there.metadata())
                              .ifMatch(there.eTag()),
                      body));
    } catch (IOException e) {
      throw Failures.isUnknownThere(e) ? lacking(e) : e;
    }
  }

  private IOException lacking(@Nullable IOException cause) {
    return new IOException(
        "Could not touch "
            + key
            + " in "
            + bucket.location.url()
            + ": the server leaves an object's time as it was when it is copied onto itself, and"
            + " knows no If-Match for uploads (501): nothing there can be kept from being taken for"
            + " old. Use a newer version of the server, or another one.",
        cause);
  }

  private void inside() throws IOException {
    Multipart upload = Multipart.begin(bucket, key, there.metadata(), null);
    boolean completed = false;
    try {
      Optional<CompletedPart> part = part(upload);
      completed = part.isPresent() && upload.complete(List.of(part.get()), there.eTag());
    } finally {
      if (!completed) {
        upload.abort();
      }
    }
  }

  private Optional<CompletedPart> part(Multipart upload) throws IOException {
    return bucket
        .callIfThere(
            "touch",
            key,
            client ->
                client
                    .uploadPartCopy(
                        r ->
                            r.sourceBucket(bucket.location.bucket())
                                .sourceKey(bucket.key(key))
                                .copySourceIfMatch(there.eTag())
                                .destinationBucket(bucket.location.bucket())
                                .destinationKey(bucket.key(key))
                                .uploadId(upload.id())
                                .partNumber(1))
                    .copyPartResult()
                    .eTag())
        .map(tag -> CompletedPart.builder().partNumber(1).eTag(tag).build());
  }
}
