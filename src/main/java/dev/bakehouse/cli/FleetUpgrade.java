package dev.bakehouse.cli;

import dev.bakehouse.fleet.Fleet.Result;
import dev.bakehouse.fleet.Inventory;
import dev.bakehouse.fleet.Release;
import dev.bakehouse.fleet.Upgrade;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "upgrade",
    mixinStandardHelpOptions = true,
    description = {
      "Drains hosts, installs a release, starts their daemons again and undrains them, a few at a time.",
      "The first failure ends it; that host stays drained."
    })
final class FleetUpgrade implements Callable<Integer> {
  @Mixin private FleetOptions options = new FleetOptions();

  @Option(
      names = "--commit",
      paramLabel = "REF",
      description = "A commit of this installation's repository; hosts build it.")
  private Optional<String> commit = Optional.empty();

  @Option(
      names = "--release",
      paramLabel = "FILE",
      description = "An archive of an installation (.tar.gz).")
  private Optional<Path> release = Optional.empty();

  @Option(
      names = "--at-once",
      paramLabel = "N",
      description = "How many hosts are out of service at one time (${DEFAULT-VALUE}).",
      defaultValue = "1")
  private int atOnce;

  @Option(
      names = "--drain-minutes",
      paramLabel = "N",
      description = "How long a host may take to finish its jobs (${DEFAULT-VALUE}).",
      defaultValue = "180")
  private int drain;

  @Override
  public Integer call() {
    if (commit.isPresent() == release.isPresent()) {
      throw new UserError(
          commit.isPresent()
              ? "Hosts can not be upgraded to a commit and a release at once"
              : "What to upgrade to is not said",
          "Give one of --commit REF, --release FILE.");
    }
    Inventory inventory = options.inventory();
    List<Inventory.Member> hosts = options.hosts(inventory);
    Release to =
        commit
            .map(name -> Release.ofCommit(Self.root(), name))
            .orElseGet(() -> Release.ofFile(release.orElseThrow()));
    Upgrade upgrade =
        new Upgrade(inventory, to, Duration.ofMinutes(Math.max(0, drain)), System.err::println);
    List<Result> results = upgrade.run(hosts, Math.max(1, atOnce));
    return options.tell(
        results,
        List.of("RELEASE"),
        result -> List.of(Objects.requireNonNull(result.answer()).asString("")));
  }
}
