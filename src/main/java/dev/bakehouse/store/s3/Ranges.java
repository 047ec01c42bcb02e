package dev.bakehouse.store.s3;

import dev.bakehouse.platform.Attempts;
import dev.bakehouse.platform.Patience;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.store.BlobInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// Ranges of one version of an object. A body that ends early is asked for again from where it
/// ended, as long as something more comes each few times.
final class Ranges {
  private static final Patience PATIENCE =
      new Patience(6, Duration.ofMillis(130), Duration.ofSeconds(5), Duration.ofMinutes(1));

  private final Bucket bucket;
  private final String key;
  private final String version;

  Ranges(Bucket bucket, String key, String version) {
    this.bucket = bucket;
    this.key = key;
    this.version = version;
  }

  /// Asks for the bytes of an object from a place on, as much as fits and is there.
  ///
  /// @return empty when there is no such object
  static Optional<Start> first(Bucket bucket, String key, long from, ByteBuffer to)
      throws IOException {
    int start = to.position();
    int room = to.remaining();
    Optional<Start> answer =
        bucket.callIfThere("read", key, client -> Start.of(start(client, bucket, key, from, to)));
    if (answer.isPresent()) {
      int wanted = Math.clamp(answer.get().size() - from, 0, room);
      if (to.position() < start + wanted) {
        to.limit(start + wanted);
        new Ranges(bucket, key, answer.get().version()).read(from + to.position() - start, to);
      }
    }
    return answer;
  }

  /// What the answer to a part of an object says of the whole.
  ///
  /// @param version without one, two could be mixed
  /// @param sha256 hexadecimal, as its writer noted it; or empty
  record Start(String version, long size, Instant modified, String sha256) {
    static Start of(GetObjectResponse answer) {
      String range = answer.contentRange();
      long size =
          range == null
              ? answer.contentLength()
              : Long.parseLong(range.substring(range.indexOf('/') + 1));
      if (answer.eTag() == null || answer.lastModified() == null || size < 0) {
        throw new IllegalArgumentException("an object has an ETag, a time and a size");
      }
      String sha256 = answer.metadata().getOrDefault(S3Upload.SHA256, "");
      return new Start(answer.eTag(), size, answer.lastModified(), sha256);
    }

    BlobInfo info(String key) {
      return S3Store.info(key, size, modified, version);
    }
  }

  /// Fills a buffer.
  ///
  /// @throws IOException also when the object was deleted or replaced
  void read(long from, ByteBuffer to) throws IOException {
    int start = to.position();
    Attempts attempts = new Attempts(PATIENCE, "read " + key);
    while (to.hasRemaining()) {
      int before = to.position();
      long at = from + before - start;
      if (bucket.callIfThere("read", key, client -> part(client, at, to)).isEmpty()) {
        throw new IOException(
            key
                + " in "
                + bucket.location.url()
                + " was deleted or replaced while it was read. Read it anew.");
      }
      if (to.position() > before) {
        attempts.progress();
      } else if (!again(attempts)) {
        throw new IOException(
            "Could not read "
                + key
                + " in "
                + bucket.location.url()
                + ": the connection was lost again and again at byte "
                + at
                + ". Check the network and try again.");
      }
    }
  }

  private GetObjectResponse part(S3Client client, long from, ByteBuffer to) {
    try (ResponseInputStream<GetObjectResponse> in =
        client.getObject(
            r ->
                r.bucket(bucket.location.bucket())
                    .key(bucket.key(key))
                    .ifMatch(version)
                    .range(range(from, to)))) {
      insistOnRange(in, from);
      fill(in, to);
      return in.response();
    } catch (IOException e) {
      // What came before is in the buffer; the rest is asked for again.
      return GetObjectResponse.builder().build();
    }
  }

  private static GetObjectResponse start(
      S3Client client, Bucket bucket, String key, long from, ByteBuffer to) {
    try (ResponseInputStream<GetObjectResponse> in =
        client.getObject(
            r -> r.bucket(bucket.location.bucket()).key(bucket.key(key)).range(range(from, to)))) {
      insistOnRange(in, from);
      fillQuietly(in, to);
      return in.response();
    } catch (IOException e) {
      throw SdkClientException.create("the answer could not be closed", e);
    } catch (SdkException e) {
      if (Failures.status(e) != 416) {
        throw e;
      }
      // It ends before that; an empty object has no range at all.
      var head = client.headObject(r -> r.bucket(bucket.location.bucket()).key(bucket.key(key)));
      return GetObjectResponse.builder()
          .eTag(head.eTag())
          .lastModified(head.lastModified())
          .metadata(head.metadata())
          .contentLength(head.contentLength())
          .build();
    }
  }

  private static String range(long from, ByteBuffer to) {
    return "bytes=" + from + "-" + (from + to.remaining() - 1);
  }

  private static void insistOnRange(ResponseInputStream<GetObjectResponse> in, long from) {
    if (from > 0 && in.response().contentRange() == null) {
      in.abort();
      throw SdkClientException.create("the server sends whole objects instead of ranges");
    }
  }

  private static void fillQuietly(ResponseInputStream<?> in, ByteBuffer to) {
    try {
      fill(in, to);
    } catch (IOException e) {
      // The caller sees what is missing.
    }
  }

  /// A connection serves the next request only when the body was read to its end.
  private static void fill(ResponseInputStream<?> in, ByteBuffer to) throws IOException {
    ReadableByteChannel channel = Channels.newChannel(in);
    while (to.hasRemaining()) {
      int count =
          to.hasArray()
              ? in.read(to.array(), to.arrayOffset() + to.position(), to.remaining())
              : channel.read(to);
      if (count < 0) {
        return;
      }
      if (to.hasArray()) {
        to.position(to.position() + count);
      }
    }
    if (in.read() >= 0) {
      in.abort();
    }
  }

  private static boolean again(Attempts attempts) throws IOException {
    try {
      return attempts.again(Optional.empty());
    } catch (Poll.TimedOut e) {
      throw new IOException("Reading was interrupted. Try again.", e);
    }
  }
}
