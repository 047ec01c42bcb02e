package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.OtherBytes;
import dev.bakehouse.store.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Small blobs of JSON beside the caches in their store. Every method throws a [UserError] when the
/// store can not be asked.
///
/// @param <T> what each of them holds
final class JsonBlobs<T> {
  private static final JsonMapper JSON = JsonMapper.shared();

  private final BlobStore blobs;
  private final Class<T> type;
  private final String what;
  private final int largest;

  /// @param what they are, for errors
  /// @param largest how many bytes of one are read
  JsonBlobs(BlobStore blobs, Class<T> type, String what, int largest) {
    this.blobs = blobs;
    this.type = type;
    this.what = what;
    this.largest = largest;
  }

  void write(String key, T value) {
    try (Upload upload = blobs.upload()) {
      upload.stream().write(JSON.writeValueAsBytes(value));
      upload.publish(key);
    } catch (IOException e) {
      throw failure("write", e);
    }
  }

  List<BlobInfo> list(String prefix) {
    try {
      return blobs.list(prefix);
    } catch (IOException e) {
      throw failure("read", e);
    }
  }

  /// Empty for what is none, or is gone meanwhile.
  Optional<T> read(String key) {
    try {
      Optional<SeekableByteChannel> channel = blobs.open(key);
      if (channel.isEmpty()) {
        return Optional.empty();
      }
      try (InputStream in = Channels.newInputStream(channel.get())) {
        return Optional.ofNullable(JSON.readValue(in.readNBytes(largest), type));
      }
    } catch (JacksonException | OtherBytes e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failure("read", e);
    }
  }

  /// What became of a sweep.
  ///
  /// @param gone how many blobs went
  /// @param left bytes of the others
  record Sweep(int gone, long left) {}

  /// Removes what is older below a prefix.
  ///
  /// @param ours whole keys of what may go: whatever else lies there is somebody else's
  Sweep sweep(String prefix, Pattern ours, Instant before) {
    int gone = 0;
    long left = 0;
    try {
      for (BlobInfo blob : blobs.list(prefix)) {
        boolean old = blob.modified().isBefore(before) && ours.matcher(blob.key()).matches();
        if (old && blobs.delete(blob.key())) {
          gone++;
        } else {
          left += blob.size();
        }
      }
    } catch (IOException e) {
      throw failure("sweep", e);
    }
    return new Sweep(gone, left);
  }

  private UserError failure(String verb, IOException e) {
    return StoreFailure.of(verb + " " + what + " in", blobs, e);
  }
}
