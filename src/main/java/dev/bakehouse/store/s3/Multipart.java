package dev.bakehouse.store.s3;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/// An object that comes in parts and is seen when it is complete.
record Multipart(Bucket bucket, String key, String id) {
  /// @param checksums the algorithm of the parts' checksums; null without
  static Multipart begin(
      Bucket bucket,
      String key,
      Map<String, String> metadata,
      @Nullable ChecksumAlgorithm checksums)
      throws IOException {
    return new Multipart(
        bucket,
        key,
        bucket.call(
            "begin the upload of",
            key,
            client ->
                client
                    .createMultipartUpload(
                        r ->
                            r.bucket(bucket.location.bucket())
                                .key(bucket.key(key))
                                .checksumAlgorithm(checksums)
                                .metadata(metadata))
                    .uploadId()));
  }

  /// @param over the only version that may be replaced; null for any, or none
  /// @return false when an answer was lost, the caller looks; or when another version is there
  boolean complete(List<CompletedPart> parts, @Nullable String over) throws IOException {
    return bucket
        .callIfThere(
            "complete the upload of",
            key,
            client ->
                client.completeMultipartUpload(
                    r ->
                        r.bucket(bucket.location.bucket())
                            .key(bucket.key(key))
                            .uploadId(id)
                            .ifMatch(over)
                            .multipartUpload(m -> m.parts(parts))))
        .isPresent();
  }

  void abort() throws IOException {
    bucket.callIfThere(
        "drop the upload of",
        key,
        client ->
            client.abortMultipartUpload(
                r -> r.bucket(bucket.location.bucket()).key(bucket.key(key)).uploadId(id)));
  }
}
