package dev.bakehouse.rollout;

import dev.bakehouse.image.Log;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Tells the registry how this host does: when that changes, and now and then so that it is seen to
/// live. A host that may not write there says so once; rollouts then go on without its word.
final class Reporter {
  /// A host that was silent for twice as long is not waited for.
  static final Duration SIGN_OF_LIFE = Duration.ofHours(1);

  private final String host;
  private final Repository repository;
  private final Log log;
  private Optional<HostReport> last = Optional.empty();
  private String refused = "";

  Reporter(String host, Repository repository, Log log) {
    this.host = host;
    this.repository = repository;
    this.log = log;
  }

  void tell(HostState state) {
    Instant now = Instant.now();
    HostReport report = HostReport.of(host, state, now);
    boolean known =
        last.filter(l -> l.same(report) && l.time().plus(SIGN_OF_LIFE).isAfter(now)).isPresent();
    if (known) {
      return;
    }
    try {
      report.put(repository);
      last = Optional.of(report);
      refused = "";
    } catch (UserError e) {
      String why = String.valueOf(e.getMessage());
      if (!why.equals(refused)) {
        log.say("rollout: how this host does can not be told: " + why);
        refused = why;
      }
    }
  }
}
