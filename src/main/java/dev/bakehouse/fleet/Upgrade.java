package dev.bakehouse.fleet;

import dev.bakehouse.fleet.Fleet.Result;
import dev.bakehouse.fleet.Inventory.Member;
import dev.bakehouse.fleet.Remote.Answer;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.ProgramFiles;
import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/// Brings hosts to a release, a few at a time: drained, installed beside what runs and switched to
/// in one step, started again, undrained. The first failure ends it, so that a bad release stops
/// few hosts; that host stays drained. Where a person drained a host, it stays so in any case.
public final class Upgrade {
  private static final Duration INSTALL = Duration.ofMinutes(20);
  private static final Duration RESTART = Duration.ofMinutes(10);

  /// Begins the reason of a drain that is ours, also of an upgrade that was killed.
  private static final String OURS = "upgrade to ";

  private final Inventory inventory;
  private final Release release;
  private final Duration drain;
  private final Consumer<String> say;

  /// @param drain how long a host may take to finish its jobs
  /// @param say is told each stage of each host
  public Upgrade(Inventory inventory, Release release, Duration drain, Consumer<String> say) {
    this.inventory = inventory;
    this.release = release;
    this.drain = drain;
    this.say = say;
  }

  /// @param atOnce how many hosts are out of service at one time
  /// @return one result for each host, also for those that were not begun
  public List<Result> run(List<Member> hosts, int atOnce) {
    List<Result> results = new ArrayList<>();
    for (int from = 0; from < hosts.size(); from += atOnce) {
      List<Member> batch = hosts.subList(from, Math.min(from + atOnce, hosts.size()));
      boolean failed = results.stream().anyMatch(result -> !result.ok());
      results.addAll(
          failed
              ? batch.stream().map(host -> trouble(host, false, 1, "not begun")).toList()
              : new Fleet(inventory, batch).each(this::upgrade));
    }
    return results;
  }

  private Result upgrade(Member host) {
    Remote remote = new Remote(inventory, host);
    Stage stage = new Stage(host);
    try {
      JsonNode before = stage.of("status", () -> status(remote));
      Optional<String> theirs = StatusView.drain(before).filter(why -> !why.startsWith(OURS));
      if (theirs.isEmpty()) {
        stage.of("drain", () -> ok(drain(remote)));
      }
      stage.of("drain", () -> idle(remote));
      stage.of("install", () -> ok(install(remote, host)));
      stage.of("restart", () -> ok(restart(remote, host)));
      stage.of("restart", () -> back(remote, before));
      if (theirs.isEmpty()) {
        stage.of("undrain", () -> ok(remote.bakehouse(inventory.answer(), "host", "undrain")));
      }
      String runs =
          release.id() + theirs.map(why -> ", and stays drained (" + why + ")").orElse("");
      say.accept(host.name() + ": runs " + runs);
      return Fleet.text(host, new Answer(true, 0, runs, ""));
    } catch (Unreached e) {
      return trouble(host, false, Remote.SSH, stage.name + ": " + e.getMessage());
    } catch (UserError e) {
      return trouble(host, true, 1, stage.name + ": " + e.getMessage());
    }
  }

  private static Result trouble(Member host, boolean reached, int status, String what) {
    return new Result(host.name(), reached, status, null, what);
  }

  /// The command did not run there.
  private static final class Unreached extends UserError {
    Unreached(Answer answer) {
      super(answer.trouble(), "See it.");
    }
  }

  private final class Stage {
    private final Member host;
    private String name = "";

    Stage(Member host) {
      this.host = host;
    }

    <T> T of(String what, Supplier<T> work) {
      if (!what.equals(name)) {
        say.accept(host.name() + ": " + what);
        name = what;
      }
      return work.get();
    }
  }

  private Answer drain(Remote remote) {
    String why = OURS + release.id();
    return remote.bakehouse(inventory.answer(), "host", "drain", "--reason", why);
  }

  private Answer install(Remote remote, Member host) {
    String name = host.program().replaceFirst("/[^/]*$", "").replaceFirst("^.*/", "");
    return remote.run(
        List.of(
            "sh",
            "-c",
            ProgramFiles.text(Upgrade.class, "install.sh"),
            "sh",
            host.home(),
            name,
            release.id()),
        release.archive(),
        INSTALL);
  }

  private Answer restart(Remote remote, Member host) {
    return host.restart().isEmpty()
        ? remote.bakehouse(RESTART, "host", "restart")
        : remote.run(host.restart(), new byte[0], RESTART);
  }

  private JsonNode status(Remote remote) {
    Answer answer = remote.bakehouse(inventory.answer(), "host", "status", "--json");
    if (!answer.reached()) {
      throw new Unreached(answer);
    }
    JsonNode tree = Fleet.tree(answer);
    if (tree == null) {
      throw new UserError(answer.trouble().isEmpty() ? answer.out() : answer.trouble(), "See it.");
    }
    return tree;
  }

  private JsonNode idle(Remote remote) {
    return Poll.until(
        "its jobs to end",
        drain,
        () -> Optional.of(status(remote)).filter(status -> StatusView.busy(status) == 0));
  }

  private JsonNode back(Remote remote, JsonNode before) {
    return Poll.until(
        "its daemon to run again",
        RESTART,
        () -> Optional.of(status(remote)).filter(now -> StatusView.runsAnew(now, before)));
  }

  private static Answer ok(Answer answer) {
    if (!answer.reached()) {
      throw new Unreached(answer);
    }
    if (!answer.ok()) {
      throw new UserError(answer.trouble(), "See it.");
    }
    return answer;
  }
}
