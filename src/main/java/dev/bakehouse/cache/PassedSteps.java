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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Which jobs passed, by what went into them, beside the caches in their store: a small blob for
/// each, `passed/SCOPE/STEP/FINGERPRINT/BUILD/JOB.json`.
public final class PassedSteps {
  static final String ROOT = "passed";
  private static final int LARGEST = 1 << 18;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final BlobStore blobs;

  public PassedSteps(BlobStore blobs) {
    this.blobs = blobs;
  }

  /// @param step its key
  /// @param fingerprint of all that went into it, hexadecimal
  /// @throws UserError when the store can not be written
  public void add(Scope scope, String step, String fingerprint, PassedStep passed) {
    try (Upload upload = blobs.upload()) {
      upload.stream().write(JSON.writeValueAsBytes(passed));
      upload.publish(key(same(scope, step, fingerprint), passed));
    } catch (IOException e) {
      throw failure("write", e);
    }
  }

  /// Those of a scope into which the same went, newest first. What can not be read is left out.
  ///
  /// @throws UserError when the store can not be asked
  public List<PassedStep> find(Scope scope, String step, String fingerprint, int most) {
    String same = same(scope, step, fingerprint);
    try {
      List<BlobInfo> newest =
          blobs.list(same).stream()
              .sorted(Comparator.comparing(BlobInfo::modified).reversed())
              .limit(most)
              .toList();
      List<PassedStep> all = new ArrayList<>();
      for (BlobInfo blob : newest) {
        read(blob).filter(passed -> key(same, passed).equals(blob.key())).ifPresent(all::add);
      }
      return all;
    } catch (IOException e) {
      throw failure("read", e);
    }
  }

  /// Removes what is older.
  ///
  /// @return how many
  /// @throws UserError when the store can not be read or written
  public int sweep(Instant before) {
    try {
      return blobs.deleteOlder(ROOT, before);
    } catch (IOException e) {
      throw failure("sweep", e);
    }
  }

  private Optional<PassedStep> read(BlobInfo blob) throws IOException {
    try {
      Optional<SeekableByteChannel> channel = blobs.open(blob.key());
      if (channel.isEmpty()) {
        return Optional.empty();
      }
      try (InputStream in = Channels.newInputStream(channel.get())) {
        @Nullable PassedStep passed = JSON.readValue(in.readNBytes(LARGEST), PassedStep.class);
        return Optional.ofNullable(passed).filter(PassedStep::sound);
      }
    } catch (JacksonException | OtherBytes e) {
      return Optional.empty();
    }
  }

  private static String same(Scope scope, String step, String fingerprint) {
    return String.join("/", ROOT, scope.key(), SafeName.of(step), fingerprint);
  }

  private static String key(String same, PassedStep passed) {
    String build = SafeName.of(passed.by().build());
    return same + "/" + build + "/" + SafeName.of(passed.by().job()) + ".json";
  }

  private UserError failure(String what, IOException e) {
    return new UserError(
        "Could not "
            + what
            + " what passed steps left noted in the cache store "
            + blobs.url()
            + ": "
            + e.getMessage(),
        "Check that the store is reachable and its files can be read and written.",
        e);
  }
}
