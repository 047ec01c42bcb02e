package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A stand-in for the `tart` command that keeps its contract (names, flags, JSON, statuses, texts,
/// layout, signals, traps) and runs the VMs by QEMU. For macOS guests see [StandIn].
final class StandInTart {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final long GB = 1_000_000_000L;

  private final StandInHome home;

  private StandInTart(StandInHome home) {
    this.home = home;
  }

  public static void main(String[] argv) throws Exception {
    int status;
    try {
      List<String> words = List.of(argv);
      if (words.isEmpty()) {
        throw new StandInError(64, "Error: Missing expected argument '<subcommand>'");
      }
      StandInHome home = new StandInHome(Path.of(System.getenv("TART_HOME")));
      status = new StandInTart(home).run(words.getFirst(), words.subList(1, words.size()));
    } catch (StandInError e) {
      System.err.println(e.getMessage());
      status = e.status;
    }
    System.exit(status);
  }

  private int run(String verb, List<String> argv) throws Exception {
    if (!Set.of("pull", "clone").contains(verb)) {
      home.collectGarbage();
    }
    return switch (verb) {
      case "--version" -> print("2.35.0");
      case "list" -> list(StandInArgs.of(argv, Set.of("--source", "--format"), Set.of("-q"), 0));
      case "get" -> get(StandInArgs.of(argv, Set.of("--format"), Set.of(), 1));
      case "clone" -> copy(StandInArgs.of(argv, CLONE, Set.of("--insecure", "--stacked"), 2));
      case "set" -> set(StandInArgs.of(argv, SET, Set.of("--random-mac", "--random-serial"), 1));
      case "run" -> StandInRun.run(home, argv);
      case "ip" -> ip(StandInArgs.of(argv, Set.of("--wait", "--resolver"), Set.of(), 1));
      case "exec" -> exec(argv);
      case "stop" -> stop(StandInArgs.of(argv, Set.of("--timeout", "-t"), Set.of(), 1));
      case "suspend" -> suspend(StandInArgs.of(argv, Set.of(), Set.of(), 1));
      case "delete" -> delete(StandInArgs.of(argv, Set.of(), Set.of(), 1));
      case "rename" -> rename(StandInArgs.of(argv, Set.of(), Set.of(), 2));
      default -> throw new StandInError(64, "Error: Unexpected argument '" + verb + "'");
    };
  }

  private static final Set<String> CLONE = Set.of("--concurrency", "--prune-limit");
  private static final Set<String> SET =
      Set.of("--cpu", "--memory", "--display", "--disk-size", "--disk");

  private int list(StandInArgs args) throws IOException {
    List<Map<String, Object>> all = new ArrayList<>();
    for (StandInVm vm : home.all()) {
      if (args.has("-q")) {
        System.out.println(vm.name());
      }
      all.add(
          Map.of(
              "Source", "local",
              "Name", vm.name(),
              "Disk", diskGb(vm),
              "Size", 1,
              "Accessed", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
              "Running", vm.running(),
              "State", vm.state()));
    }
    if (!"json".equals(args.options().get("--format"))) {
      throw new StandInError(64, "the stand-in lists as JSON only");
    }
    return args.has("-q") ? 0 : print(JSON.writeValueAsString(all));
  }

  private int get(StandInArgs args) throws IOException {
    StandInVm vm = home.require(args.name());
    ObjectNode config = vm.config();
    return print(
        JSON.writeValueAsString(
            Map.of(
                "OS", config.path("os").asString(),
                "CPU", config.path("cpuCount").asInt(),
                "Memory", config.path("memorySize").asLong() >> 20,
                "Disk", diskGb(vm),
                "DiskFormat", "raw",
                "Size", "1.234",
                "Display", "1024x768",
                "Running", vm.running(),
                "State", vm.state())));
  }

  private static long diskGb(StandInVm vm) throws IOException {
    return vm.config().path("standin").path("diskBytes").asLong() / GB;
  }

  private int copy(StandInArgs args) throws IOException {
    StandInVm source = home.require(args.name());
    home.locked(() -> home.cloneVm(source, args.words().get(1)));
    return 0;
  }

  private int set(StandInArgs args) throws IOException {
    StandInVm vm = home.require(args.name());
    ObjectNode config = vm.config();
    config.put("cpuCount", args.number("--cpu", config.path("cpuCount").asInt()));
    if (args.has("--memory")) {
      config.put("memorySize", (long) args.number("--memory", 0) << 20);
    }
    if (args.has("--disk-size")) {
      int wanted = args.number("--disk-size", 0);
      if (wanted * GB < config.path("standin").path("diskBytes").asLong()) {
        throw new StandInError(1, "new disk size of " + wanted + " GB is too small");
      }
      vm.resize(wanted);
      ((ObjectNode) config.path("standin")).put("diskBytes", wanted * GB);
    }
    vm.config(config);
    return 0;
  }

  private int ip(StandInArgs args) throws IOException {
    StandInVm vm = running(args.name());
    if (!Set.of("dhcp", "arp", "agent")
        .contains(args.options().getOrDefault("--resolver", "dhcp"))) {
      throw new StandInError(64, "Error: The value is invalid for '--resolver <resolver>'");
    }
    try {
      return Poll.until(
          "an address",
          Duration.ofSeconds(args.number("--wait", 0)),
          () -> {
            String address = vm.note("address");
            return Optional.of(address).filter(StandInExec::answers).map(StandInTart::print);
          });
    } catch (Poll.TimedOut e) {
      throw new StandInError(1, "no IP address found, is your VM running?");
    }
  }

  /// Everything after the VM's name belongs to the guest.
  private int exec(List<String> argv) throws IOException {
    int at = 0;
    boolean interactive = false;
    while (at < argv.size() && argv.get(at).startsWith("-")) {
      if (!Set.of("-i", "-t", "-it").contains(argv.get(at))) {
        throw new StandInError(64, "Error: Unknown option '" + argv.get(at) + "'");
      }
      interactive |= argv.get(at).contains("i");
      at++;
    }
    if (argv.size() < at + 2) {
      throw new StandInError(64, "Error: Missing expected argument '<command> ...'");
    }
    StandInVm vm = running(argv.get(at));
    String address;
    try {
      address = vm.note("address");
    } catch (IOException e) {
      throw new StandInError(1, "Failed to connect to the VM using its control socket");
    }
    return StandInExec.run(address, argv.subList(at + 1, argv.size()), interactive);
  }

  private int stop(StandInArgs args) throws IOException {
    StandInVm vm = home.require(args.name());
    if (vm.suspended() && !vm.running()) {
      Files.delete(vm.directory().resolve(StandInVm.STATE));
      return 0;
    }
    running(args.name());
    signal(vm, "INT");
    int timeout = args.number("--timeout", args.number("-t", 30));
    if (!ends(vm, timeout)) {
      signal(vm, "KILL");
      ends(vm, timeout);
    }
    return 0;
  }

  private static boolean ends(StandInVm vm, int seconds) {
    try {
      return Poll.until(
          "its end",
          Duration.ofSeconds(seconds),
          () -> vm.running() ? Optional.empty() : Optional.of(true));
    } catch (Poll.TimedOut e) {
      return false;
    }
  }

  /// Returns at once: the state is there when `tart run` has ended.
  private int suspend(StandInArgs args) throws IOException {
    signal(running(args.name()), "USR1");
    return 0;
  }

  private int delete(StandInArgs args) throws IOException {
    for (String name : args.words()) {
      StandInVm vm = home.require(name);
      if (vm.running()) {
        throw new StandInError(2, "VM \"" + name + "\" is running");
      }
      Trees.delete(vm.directory());
    }
    return 0;
  }

  private int rename(StandInArgs args) throws IOException {
    StandInVm vm = home.require(args.name());
    StandInVm other = home.vm(args.words().get(1));
    if (other.exists()) {
      throw new StandInError(64, "Error: VM \"" + other.name() + "\" already exists");
    }
    Files.move(vm.directory(), other.directory());
    return 0;
  }

  private StandInVm running(String name) throws IOException {
    StandInVm vm = home.require(name);
    if (!vm.running()) {
      throw StandInError.notRunning(name);
    }
    return vm;
  }

  private static void signal(StandInVm vm, String signal) throws IOException {
    Command.of("kill", "-" + signal, vm.note("pid")).run();
  }

  private static int print(String text) {
    System.out.println(text);
    return 0;
  }
}
