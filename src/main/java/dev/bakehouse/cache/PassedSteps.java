package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Which jobs passed, by what went into them, beside the caches in their store: a small blob for
/// each, `passed/SCOPE/STEP/FINGERPRINT/BUILD/JOB.json`.
public final class PassedSteps {
  static final String ROOT = "passed";
  private static final int LARGEST = 1 << 18;

  private static final Pattern OURS =
      Pattern.compile(ROOT + "/.+/[0-9a-f]{16,128}/[^/]+/[^/]+\\.json");

  private final JsonBlobs<PassedStep> blobs;

  public PassedSteps(BlobStore blobs) {
    this.blobs = new JsonBlobs<>(blobs, PassedStep.class, "what passed steps left noted", LARGEST);
  }

  /// @param step its key
  /// @param fingerprint of all that went into it, hexadecimal
  /// @throws UserError when the store can not be written
  public void add(Scope scope, String step, String fingerprint, PassedStep passed) {
    blobs.write(key(same(scope, step, fingerprint), passed), passed);
  }

  /// Those of a scope into which the same went, newest first. What can not be read is left out.
  ///
  /// @throws UserError when the store can not be asked
  public List<PassedStep> find(Scope scope, String step, String fingerprint, int most) {
    String same = same(scope, step, fingerprint);
    return blobs.list(same).stream()
        .sorted(Comparator.comparing(BlobInfo::modified).reversed())
        .limit(most)
        .flatMap(blob -> read(same, blob.key()).stream())
        .toList();
  }

  /// Removes what is older.
  ///
  /// @throws UserError when the store can not be read or written
  JsonBlobs.Sweep sweep(Instant before) {
    return blobs.sweep(ROOT, OURS, before);
  }

  private Optional<PassedStep> read(String same, String key) {
    return blobs
        .read(key)
        .filter(PassedStep::sound)
        .filter(passed -> key(same, passed).equals(key));
  }

  private static String same(Scope scope, String step, String fingerprint) {
    return String.join("/", ROOT, scope.key(), SafeName.of(step), fingerprint);
  }

  private static String key(String same, PassedStep passed) {
    String build = SafeName.of(passed.by().build());
    return same + "/" + build + "/" + SafeName.of(passed.by().job()) + ".json";
  }
}
