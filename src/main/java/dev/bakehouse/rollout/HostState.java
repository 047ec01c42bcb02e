package dev.bakehouse.rollout;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a host made of the rollout.
///
/// @param serial of the last document it accepted; a lower one is refused
/// @param decision what the host is to run and why
/// @param checked ISO-8601, when it last got an answer
/// @param inForce what the next job runs in; empty: the image the host's configuration names
/// @param previous what was in force before; kept for a rollback
/// @param held names of local images this host pinned for the rollout
/// @param prefetch the accepted document's list: references by digest, by name
/// @param distributed for each of them `here`, or why it is not
/// @param trouble why the host is not where the document wants it; empty when it is
/// @param failed digest of the image that trouble is about, when it is about one
public record HostState(
    long serial,
    String decision,
    String checked,
    Optional<InForce> inForce,
    Optional<InForce> previous,
    List<String> held,
    Map<String, String> prefetch,
    Map<String, String> distributed,
    String trouble,
    String failed) {
  static final HostState NONE =
      new HostState(
          0,
          "never asked",
          "",
          Optional.empty(),
          Optional.empty(),
          List.of(),
          Map.of(),
          Map.of(),
          "",
          "");

  public HostState {
    held = List.copyOf(held);
    prefetch = Map.copyOf(prefetch);
    distributed = Map.copyOf(distributed);
  }

  /// @param name of the local image
  /// @param target what the document calls it
  /// @param reference by digest, to pull it from if it got lost
  /// @param since ISO-8601
  public record InForce(String name, Target target, String reference, String since) {}

  /// A document was accepted; whether it can be followed is not known yet.
  HostState accepted(Document document, String what, String now) {
    return new HostState(
        document.serial(),
        what,
        now,
        inForce,
        previous,
        held,
        document.prefetch(),
        distributed,
        trouble,
        failed);
  }

  HostState troubled(String why, String digest) {
    return new HostState(
        serial, decision, checked, inForce, previous, held, prefetch, distributed, why, digest);
  }

  HostState running(Optional<InForce> next, Optional<InForce> before, List<String> pins) {
    return new HostState(
        serial, decision, checked, next, before, pins, prefetch, distributed, "", "");
  }

  HostState holding(List<String> pins) {
    return new HostState(
        serial, decision, checked, inForce, previous, pins, prefetch, distributed, trouble, failed);
  }

  HostState having(Map<String, String> all) {
    return new HostState(
        serial, decision, checked, inForce, previous, held, prefetch, all, trouble, failed);
  }
}
