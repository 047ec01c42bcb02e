package dev.bakehouse.cli;

import dev.bakehouse.image.Branch;
import dev.bakehouse.image.Wanted;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.Promoter;
import dev.bakehouse.rollout.Refresh;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse image refresh`
@Command(
    name = "refresh",
    mixinStandardHelpOptions = true,
    description = {
      "Build, try and roll out the image when its base or inputs have changed, as far as is due now;"
          + " 1 when it failed. A host with `image.refresh.every` does so by itself.",
      "It is pushed under a candidate tag, passes `image.smoke` in a VM here, goes to this host, then to"
          + " 10, 50, 90 and 100 %% of the hosts, `image.rollout.step-minutes` (60) apart and when those that"
          + " are in run it; what fails goes back by itself and is not tried again until base or inputs change."
    })
final class ImageRefreshCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Option(names = "--retry", description = "Try an image again that failed or was rolled back.")
  boolean retry;

  @Override
  public Integer call() {
    Promoter promoter = options.promoter();
    if (Branch.of(System.getenv(), options.checkout()) != Branch.MAIN) {
      throw new UserError(
          "Only the default branch's image is refreshed",
          "Check out the default branch, for example `git checkout main`.");
    }
    Refresh refresh =
        new Refresh(
            options.workshop(),
            promoter,
            options.rollout(),
            options.hostName(),
            options.stateDirectory(),
            options.log());
    if (retry) {
      refresh.forgive(wanted());
    }
    Refresh.Report report = refresh.pass(wanted());
    while (report.standing() == Refresh.Standing.MOVED) {
      report = refresh.pass(wanted());
    }
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("standing", report.standing().toString());
    shown.put("why", report.why());
    shown.put("percent", report.percent());
    options.print(shown, report.standing() + ": " + report.why());
    return report.standing() == Refresh.Standing.FAILED ? Exit.FAILED : Exit.OK;
  }

  /// Asked anew each time: the base may move meanwhile.
  private Wanted wanted() {
    Wanted wanted = options.wanted(options.imageConfig(null));
    if (wanted.given()) {
      throw new UserError(
          "The image is `host.image-source`'s, which is only read from",
          "Refresh where `bakehouse.yml` says what the image is made from.");
    }
    return wanted;
  }
}
