package dev.bakehouse.store.s3;

import dev.bakehouse.platform.Digests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/// A large object, sent in parts, several at once. One that is not completed is dropped; of a
/// process that died, [S3Store#deleteAbandoned] does that.
final class MultipartSend {
  private static final long PART = 16 << 20;
  private static final int AT_ONCE = 4;

  private final Bucket bucket;
  private final String key;
  private final Spool spool;
  private final Map<String, String> metadata;

  MultipartSend(Bucket bucket, String key, Spool spool, Map<String, String> metadata) {
    this.bucket = bucket;
    this.key = key;
    this.spool = spool;
    this.metadata = metadata;
  }

  /// @return false when an answer was lost; the caller looks
  boolean send() throws IOException {
    Multipart upload = Multipart.begin(bucket, key, metadata, ChecksumAlgorithm.SHA256);
    boolean completed = false;
    try {
      List<CompletedPart> parts = parts(upload.id());
      completed = upload.complete(parts, null);
      return completed;
    } finally {
      if (!completed) {
        upload.abort();
      }
    }
  }

  private List<CompletedPart> parts(String upload) throws IOException {
    List<Callable<CompletedPart>> sends = new ArrayList<>();
    for (long from = 0; from < spool.size(); from += PART) {
      long start = from;
      int number = sends.size() + 1;
      sends.add(() -> part(upload, number, start, Math.min(PART, spool.size() - start)));
    }
    List<CompletedPart> parts = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
      for (Future<CompletedPart> each : threads.invokeAll(sends)) {
        parts.add(each.get());
      }
      return parts;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("The upload of " + key + " was interrupted. Save again.", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
    }
  }

  private CompletedPart part(String upload, int number, long from, long size) throws IOException {
    String checksum = S3Upload.base64(Digests.sha256(spool.range(from, size)).digest());
    UploadPartResponse sent =
        bucket.call(
            "write part " + number + " of",
            key,
            client ->
                bucket.checksummed(
                    known ->
                        client.uploadPart(
                            r ->
                                r.bucket(bucket.location.bucket())
                                    .key(bucket.key(key))
                                    .uploadId(upload)
                                    .partNumber(number)
                                    .checksumSHA256(known ? checksum : null),
                            RequestBody.fromContentProvider(
                                () -> spool.range(from, size), size, "application/octet-stream"))));
    return CompletedPart.builder()
        .partNumber(number)
        .eTag(sent.eTag())
        .checksumSHA256(sent.checksumSHA256())
        .build();
  }
}
