package dev.bakehouse.store.s3;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectResult;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MetadataDirective;

/// Makes an object young, inside the server: by a copy onto itself, and where that leaves its time
/// as it was, by an upload of one part that is copied from it.
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
