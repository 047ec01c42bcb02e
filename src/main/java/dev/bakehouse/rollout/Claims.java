package dev.bakehouse.rollout;

import dev.bakehouse.oci.Artifact;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.Poll;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// Who may write the document of a serial, where nothing but tags can be written and read: at most
/// one of those who change the same document is told that it did, however they overtake each other.
///
/// A serial has two tags: `rollout-N.claim` is put by whoever is about to write it, and
/// `rollout-N`, the document, only by the one who then still finds its own bid under the tag
/// `rollout.bid`. (Who puts its bid, sees no claim, claims, and sees its bid again, is alone:
/// another one who saw no claim either has put its bid before and will not see it again.) A claim
/// whose document does not come belongs to a killed process: the next serial is claimed in its
/// place. Should its owner awake, one of both sees the other: each writes first and looks then.
///
/// This holds where a tag that was put is seen by everyone who asks from then on, and where a
/// request whose connection broke is not carried out later.
final class Claims {
  private static final String TYPE = "application/vnd.bakehouse.claim.v1+json";
  private static final String BID = Board.TAG + ".bid";

  /// Claims without a document that are passed over; more is no accident.
  private static final int MOST = 1000;

  private final Repository repository;
  private final Duration grace;

  /// @param grace how long the document of a claim is waited for
  Claims(Repository repository, Duration grace) {
    this.repository = repository;
    this.grace = grace;
  }

  /// The tag of a serial's document.
  static String tag(long serial) {
    return Board.TAG + "-" + serial;
  }

  boolean claimed(long serial) {
    return repository.head(claim(serial)).isPresent();
  }

  /// The serial of the newest document from one on; empty when there is none.
  Optional<Long> newest(long from) {
    Optional<Long> newest = Optional.empty();
    for (long serial = from; serial < from + MOST && claimed(serial); serial++) {
      if (repository.head(tag(serial)).isPresent()) {
        newest = Optional.of(serial);
      }
    }
    return newest;
  }

  /// The right to write the document after one.
  ///
  /// @param seen serial of the one that was read, 0 for none
  /// @param by who asks, for people
  /// @return the serial to write; empty when somebody else changes it
  Optional<Long> win(long seen, String by) {
    long serial = seen + 1;
    while (claimed(serial)) {
      if (written(serial) || serial - seen > MOST) {
        return Optional.empty();
      }
      serial++;
    }
    Manifest bid =
        Artifact.of(
                TYPE,
                Map.of(
                    "dev.bakehouse.claim.by",
                    by,
                    "dev.bakehouse.claim.id",
                    UUID.randomUUID().toString()))
            .put(repository, BID);
    if (claimed(serial)) {
      return Optional.empty();
    }
    repository.putManifest(bid, claim(serial));
    if (!repository.head(BID).equals(Optional.of(bid.digest()))) {
      return Optional.empty();
    }
    for (long given = seen + 1; given < serial; given++) {
      if (repository.head(tag(given)).isPresent()) {
        return Optional.empty();
      }
    }
    return Optional.of(serial);
  }

  /// Whether the document of a claimed serial is there or comes.
  private boolean written(long serial) {
    try {
      return Poll.until(
          "serial " + serial + " of the rollout, which somebody claimed",
          grace,
          () -> repository.head(tag(serial)).map(_ -> true));
    } catch (Poll.TimedOut e) {
      return false;
    }
  }

  static String claim(long serial) {
    return tag(serial) + ".claim";
  }
}
