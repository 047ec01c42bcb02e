package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Learns a guest's address. The guest agent knows it at once; the host's DHCP leases and ARP cache
/// are asked where the agent can not tell (Tart before 2.28, no network yet).
final class TartAddress {
  private static final Duration WAIT = Duration.ofSeconds(1);

  private TartAddress() {}

  /// @param insistRunning throws when asking again can not help
  static String find(Tart tart, String name, Duration deadline, Runnable insistRunning) {
    List<String> resolvers = new ArrayList<>(List.of("agent", "dhcp", "arp"));
    return Poll.until(
        "the address of " + name + " (`tart ip`)",
        deadline,
        () -> {
          insistRunning.run();
          String complaint = "";
          for (String resolver : List.copyOf(resolvers)) {
            Outcome outcome = tart.ip(name, WAIT, resolver);
            if (outcome.ok() && !outcome.text().isBlank()) {
              return Optional.of(outcome.text().strip());
            }
            if (outcome.status() == TartErrors.USAGE && resolvers.size() > 1) {
              resolvers.remove(resolver);
            }
            complaint = outcome.complaint();
          }
          throw TartErrors.of("learn the address of the VM " + name, 1, complaint);
        });
  }
}
