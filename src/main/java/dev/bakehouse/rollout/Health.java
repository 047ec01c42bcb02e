package dev.bakehouse.rollout;

import dev.bakehouse.oci.Repository;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// How the hosts that are to run an image do, by their reports.
///
/// @param run names of those that run it
/// @param pending of those that make it ready
/// @param failed of those that could not, each with its trouble
record Health(List<String> run, List<String> pending, List<String> failed) {
  /// @param document whose image is asked about; hosts that are not in are left out
  static Health of(Repository repository, Document document, Target target, Instant now) {
    Instant silent = now.minus(Reporter.SIGN_OF_LIFE.multipliedBy(2));
    Health health = new Health(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (String tag : repository.tags()) {
      HostReport.read(repository, tag)
          .filter(report -> document.share(report.host()).in())
          .filter(report -> report.time().isAfter(silent))
          .ifPresent(report -> health.add(report, target));
    }
    return health;
  }

  private void add(HostReport report, Target target) {
    if (report.failed().equals(target.digest())) {
      failed.add(report.host() + " (" + report.trouble() + ")");
    } else if (report.runs().equals(target.digest())) {
      run.add(report.host());
    } else {
      pending.add(report.host());
    }
  }

  /// Whether it is the image, not a host, that is at fault.
  boolean broken() {
    return failed.size() > run.size();
  }
}
