package dev.bakehouse.rollout;

import dev.bakehouse.oci.CorruptData;
import dev.bakehouse.oci.Descriptor;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The place in a repository where the rollout's document stands: an OCI artifact under the tag
/// `rollout` whose only layer is the document; its signature is an annotation of the manifest. One
/// put of the manifest changes it, so it is the old one or the new one, whole.
public final class Board {
  public static final String TAG = "rollout";
  static final String TYPE = "application/vnd.bakehouse.rollout.v1+json";
  static final String SIGNATURE = "dev.bakehouse.rollout.signature";

  private static final int LARGEST = 1 << 18;

  private final Repository repository;
  private final Reference place;

  public Board(Repository repository, Reference place) {
    this.repository = repository;
    this.place = place;
  }

  /// What documents for this place say in `repository`.
  public String name() {
    return switch (place) {
      case Reference.Remote remote -> remote.host() + "/" + remote.repository();
      case Reference.Layout layout -> "oci:" + layout.directory().toAbsolutePath().normalize();
    };
  }

  /// The document, if there is one that was signed by a configured key.
  public Optional<Posted> read(RolloutConfig config) {
    return read(config.keys());
  }

  /// The document, if there is one.
  ///
  /// @throws UserError when it is not signed by one of these keys, or for another repository
  Optional<Posted> read(List<PublicKey> keys) {
    Optional<Digest> digest = repository.head(TAG);
    if (digest.isEmpty()) {
      return Optional.empty();
    }
    Manifest manifest = repository.manifest(digest.get().toString());
    if (manifest.layers().size() != 1 || !manifest.layers().getFirst().mediaType().equals(TYPE)) {
      throw new CorruptData(
          "The rollout document of " + name(), "the tag `rollout` holds something else");
    }
    byte[] bytes = blob(manifest.layers().getFirst());
    if (!Keys.signed(keys, bytes, manifest.annotations().getOrDefault(SIGNATURE, ""))) {
      throw new UserError(
          "The rollout document of " + name() + " is not signed by a key this host knows",
          "Has somebody else written it? If the key was changed, correct `image.rollout.public-key`.");
    }
    Document document = Document.parse(bytes);
    if (!document.repository().equals(name())) {
      throw new UserError(
          "The rollout document of " + name() + " is for " + document.repository(),
          "Somebody copied it there; promote again.");
    }
    return Optional.of(new Posted(document, digest.get()));
  }

  /// Puts a document in place of the one that was read. Several promoters at once: one wins, the
  /// others are told.
  ///
  /// @param seen what the change was made from
  public Posted write(Document next, Optional<Posted> seen, PrivateKey key) {
    return locked(
        () -> {
          Optional<Digest> before = seen.map(Posted::manifest);
          if (!repository.head(TAG).equals(before)) {
            throw lost(next);
          }
          byte[] bytes = next.bytes();
          Manifest manifest =
              new Artifact(TYPE, bytes, Map.of(SIGNATURE, Keys.sign(key, bytes)))
                  .put(repository, TAG);
          if (!repository.head(TAG).equals(Optional.of(manifest.digest()))) {
            throw lost(next);
          }
          return new Posted(next, manifest.digest());
        });
  }

  /// In a layout nobody gets in between; a registry has no such thing.
  private <T> T locked(Supplier<T> work) {
    if (place instanceof Reference.Layout layout) {
      try (ExclusiveLock _ = ExclusiveLock.on(layout.directory().resolve(".rollout.lock"))) {
        return work.get();
      }
    }
    return work.get();
  }

  private UserError lost(Document next) {
    return new UserError(
        "Could not write serial "
            + next.serial()
            + " of the rollout of "
            + name()
            + ": somebody else changed it at the same time",
        "See what it says now with `bakehouse image rollout`, then decide again.");
  }

  private byte[] blob(Descriptor layer) {
    if (layer.size() > LARGEST) {
      throw new CorruptData("The rollout document of " + name(), "it is too large");
    }
    try (InputStream in = repository.blob(layer.digest(), 0)) {
      byte[] bytes = in.readNBytes(LARGEST);
      if (!Digest.of(bytes).equals(layer.digest())) {
        throw new CorruptData("The rollout document of " + name(), "its bytes have another digest");
      }
      return bytes;
    } catch (IOException e) {
      throw new UserError(
          "Could not read the rollout document of " + name() + ": " + e, "Try again.", e);
    }
  }
}
