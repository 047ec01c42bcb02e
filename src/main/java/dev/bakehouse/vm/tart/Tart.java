package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The `tart` command of this host: each method is one process with exact arguments.
///
/// Every command but `clone` and `pull` makes Tart delete the partial files of an interrupted pull.
/// Nothing here pulls, and nothing polls `list`.
final class Tart {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration QUICK = Duration.ofMinutes(1);
  private static final Duration COPY = Duration.ofMinutes(10);
  private static final Duration STOP_SPARE = Duration.ofSeconds(30);

  private final Path program;

  Tart(Path program) {
    this.program = program;
  }

  /// @throws UserError when there is no `tart` on the search path
  static Tart onPath(String searchPath) {
    return new Tart(
        find(searchPath)
            .orElseThrow(
                () ->
                    new UserError(
                        "Tart is not installed: no tart on PATH",
                        "Install it (`brew install openai/tools/tart`), or set `vm.hypervisor: qemu`.")));
  }

  static Optional<Path> find(String searchPath) {
    return Stream.of(searchPath.split(File.pathSeparator))
        .filter(d -> !d.isEmpty())
        .map(d -> Path.of(d, "tart"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /// All VMs of this host, whoever made them.
  List<TartVmState> list() {
    JsonNode all = json("list the VMs", "list", "--source", "local", "--format", "json");
    return StreamSupport.stream(all.spliterator(), false).map(TartVmState::of).toList();
  }

  /// The VM of exactly this name; empty when there is none.
  Optional<TartVmState> get(String name) {
    String doing = "look at the VM " + name;
    Outcome outcome = command("get", name, "--format", "json").deadline(QUICK).run();
    if (outcome.status() == TartErrors.STATE) {
      return Optional.empty();
    }
    return Optional.of(TartVmState.of(parse(doing, checked(doing, outcome))));
  }

  /// Tart replaces an existing VM of the new name without a word: the caller has made sure there is
  /// none.
  void cloneVm(String source, String name) {
    check("clone the VM " + source + " as " + name, COPY, "clone", source, name);
  }

  /// @param diskGb in units of 1000³ bytes, larger than the disk is; empty to leave it
  void set(String name, int cpus, int memoryMb, Optional<Long> diskGb) {
    List<String> words = new ArrayList<>(List.of("set", name, "--cpu", Integer.toString(cpus)));
    words.addAll(List.of("--memory", Integer.toString(memoryMb)));
    diskGb.ifPresent(gb -> words.addAll(List.of("--disk-size", Long.toString(gb))));
    check("set the resources of the VM " + name, QUICK, words.toArray(String[]::new));
  }

  /// The command that runs a VM in the foreground, for a guardian.
  ///
  /// @param disk another disk of the VM, a raw file
  Command run(String name, boolean suspendable, Optional<Path> disk) {
    Command run =
        command("run", name, "--no-graphics", "--no-audio", "--no-clipboard")
            .and("--root-disk-opts", "sync=none");
    if (disk.isPresent()) {
      run = run.and("--disk", disk.get() + ":sync=none");
    }
    return suspendable ? run.and("--suspendable") : run;
  }

  /// One try to learn the guest's address.
  Outcome ip(String name, Duration wait, String resolver) {
    return command("ip", name, "--wait", seconds(wait), "--resolver", resolver)
        .deadline(wait.plus(QUICK))
        .run();
  }

  /// A command in the guest with both streams attached, as the guest agent's user.
  Command exec(String name, List<String> words) {
    return command("exec", "-i", name).and(words.toArray(String[]::new));
  }

  /// Turns the VM off, hard: Tart's own graceful way is none. Not for a suspended VM, for it would
  /// lose its state.
  Outcome stop(String name, Duration timeout) {
    return command("stop", name, "--timeout", seconds(timeout))
        .deadline(timeout.plus(STOP_SPARE))
        .run();
  }

  /// Asks for suspension; it is done when `tart run` has ended.
  void suspend(String name) {
    check("suspend the VM " + name, QUICK, "suspend", name);
  }

  /// Deletes a VM; one that is gone already is fine.
  void delete(String name) {
    Outcome outcome = command("delete", name).deadline(COPY).run();
    boolean gone =
        outcome.status() == TartErrors.STATE && outcome.complaint().contains("does not exist");
    if (!gone) {
      checked("delete the VM " + name, outcome);
    }
  }

  private JsonNode json(String doing, String... words) {
    return parse(doing, check(doing, QUICK, words));
  }

  private Outcome check(String doing, Duration deadline, String... words) {
    return checked(doing, command(words).deadline(deadline).run());
  }

  private static Outcome checked(String doing, Outcome outcome) {
    if (!outcome.ok()) {
      throw TartErrors.of(doing, outcome.status(), outcome.complaint());
    }
    return outcome;
  }

  private static JsonNode parse(String doing, Outcome outcome) {
    try {
      return JSON.readTree(outcome.out());
    } catch (JacksonException e) {
      String said = new String(outcome.out(), StandardCharsets.UTF_8).strip();
      throw new UserError(
          "Could not " + doing + ": tart's answer is not JSON: " + said,
          "Install Tart 2.15 or later.",
          e);
    }
  }

  /// Images are kept until Bakehouse is told to prune them: Tart's own pruning is off.
  private Command command(String... words) {
    return Command.of(program.toString()).and(words).env("TART_NO_AUTO_PRUNE", "1");
  }

  private static String seconds(Duration time) {
    return Long.toString(Math.max(1, time.toSeconds()));
  }
}
