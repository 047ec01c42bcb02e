package dev.bakehouse.rollout;

import dev.bakehouse.oci.Artifact;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The place in a repository where the rollout's document stands: an OCI artifact under the tag
/// `rollout` whose only layer is the document; its signature is an annotation of the manifest. One
/// put of the manifest changes it, so it is the old one or the new one, whole. In a registry each
/// document also has a tag of its serial, and where these know a newer one, that counts: [Claims].
public final class Board {
  public static final String TAG = "rollout";
  static final String TYPE = "application/vnd.bakehouse.rollout.v1+json";
  static final String SIGNATURE = "dev.bakehouse.rollout.signature";

  private static final int LARGEST = 1 << 18;

  /// Longer than a promoter needs between its claim and its document.
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final Repository repository;
  private final Reference place;
  private final Claims claims;

  public Board(Repository repository, Reference place) {
    this(repository, place, GRACE);
  }

  /// @param grace how long a promoter that claimed a serial is waited for
  Board(Repository repository, Reference place, Duration grace) {
    this.repository = repository;
    this.place = place;
    this.claims = new Claims(repository, grace);
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
    Optional<Posted> pointed = read(TAG, keys);
    long next = serial(pointed) + 1;
    return claims.newest(next).flatMap(serial -> read(serial, keys)).or(() -> pointed);
  }

  private Optional<Posted> read(long serial, List<PublicKey> keys) {
    Optional<Posted> posted = read(Claims.tag(serial), keys);
    long has = posted.map(p -> p.document().serial()).orElse(serial);
    if (has != serial) {
      throw new UserError(
          "The tag %s of the rollout of %s holds the document of serial %d"
              .formatted(Claims.tag(serial), name(), has),
          "Somebody put an old one there: delete that tag and " + Claims.claim(serial) + ".");
    }
    return posted;
  }

  private Optional<Posted> read(String tag, List<PublicKey> keys) {
    Optional<Digest> digest = repository.head(tag);
    if (digest.isEmpty()) {
      return Optional.empty();
    }
    Manifest manifest = repository.manifest(digest.get().toString());
    if (manifest.layers().size() != 1 || !manifest.layers().getFirst().mediaType().equals(TYPE)) {
      throw new CorruptData(
          "The rollout document of " + name(), "the tag `" + tag + "` holds something else");
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

  /// Puts a document in place of the one that was read. Of several promoters at once at most one
  /// gets an answer.
  ///
  /// @param seen what the change was made from
  /// @throws UserError when somebody else changes it too
  public Posted write(Document next, Optional<Posted> seen, PrivateKey key) {
    byte[] _ = bytes(next);
    return switch (place) {
      case Reference.Layout layout -> {
        // Nobody gets in between.
        try (ExclusiveLock _ = ExclusiveLock.on(layout.directory().resolve(".rollout.lock"))) {
          if (!repository.head(TAG).equals(seen.map(Posted::manifest))) {
            throw lost(next);
          }
          Manifest manifest = put(next, TAG, key);
          if (!repository.head(TAG).equals(Optional.of(manifest.digest()))) {
            throw lost(next);
          }
          yield new Posted(next, manifest.digest());
        }
      }
      case Reference.Remote _ -> {
        long serial = claims.win(serial(seen), next.by()).orElseThrow(() -> lost(next));
        Document numbered = next.numbered(serial);
        Manifest manifest = put(numbered, Claims.tag(serial), key);
        if (claims.claimed(serial + 1)) {
          throw lost(numbered);
        }
        repository.putManifest(manifest, TAG);
        yield new Posted(numbered, manifest.digest());
      }
    };
  }

  private Manifest put(Document document, String tag, PrivateKey key) {
    byte[] bytes = bytes(document);
    Map<String, String> signature = Map.of(SIGNATURE, Keys.sign(key, bytes));
    return new Artifact(TYPE, bytes, signature).put(repository, tag);
  }

  /// @throws UserError when hosts would not read so much
  private byte[] bytes(Document document) {
    byte[] bytes = document.bytes();
    if (bytes.length > LARGEST) {
      throw new UserError(
          "The rollout document of %s would have %,d bytes, hosts read %,d"
              .formatted(name(), bytes.length, LARGEST),
          "Name fewer canaries, or take images off the list to distribute.");
    }
    return bytes;
  }

  private static long serial(Optional<Posted> posted) {
    return posted.map(p -> p.document().serial()).orElse(0L);
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
