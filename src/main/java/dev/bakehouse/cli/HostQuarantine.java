package dev.bakehouse.cli;

import dev.bakehouse.config.OperationsSettings.Keep;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Inspection;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Hypervisors;
import dev.bakehouse.vm.Quarantine;
import dev.bakehouse.vm.Vm;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse host quarantine`: VMs of failed jobs, kept for inspection.
@Command(
    name = "quarantine",
    mixinStandardHelpOptions = true,
    description = "VMs of failed jobs that are kept for inspection.")
final class HostQuarantine extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("on", On::new);
    VERBS.put("off", Off::new);
    VERBS.put("list", ListAll::new);
    VERBS.put("release", Release::new);
  }

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }

  /// `bakehouse host quarantine on`
  @Command(
      name = "on",
      mixinStandardHelpOptions = true,
      description = "From now on keep the VMs of jobs that fail, for a time.")
  static final class On implements Callable<Integer> {
    @Mixin HostOptions host = new HostOptions();

    @Option(
        names = "--hours",
        paramLabel = "N",
        description = "For how long this holds (${DEFAULT-VALUE}).",
        defaultValue = "4")
    int hours;

    @Option(
        names = "--infrastructure",
        description = "Only where the machinery failed, not where a job's command did.")
    boolean infrastructure;

    @Override
    public Integer call() {
      if (hours < 1 || hours > 24 * 30) {
        throw new UserError("--hours " + hours + " is not from 1 to 720", "Name a number there.");
      }
      Inspection inspection = new Inspection(host.told());
      Keep keep = infrastructure ? Keep.INFRASTRUCTURE : Keep.FAILED;
      inspection.ask(keep, Duration.ofHours(hours));
      return tell(inspection);
    }
  }

  /// `bakehouse host quarantine off`
  @Command(
      name = "off",
      mixinStandardHelpOptions = true,
      description = "Keep no more VMs than the configuration says; those that are kept stay.")
  static final class Off implements Callable<Integer> {
    @Mixin HostOptions host = new HostOptions();

    @Override
    public Integer call() {
      Inspection inspection = new Inspection(host.settings());
      inspection.forget();
      return tell(inspection);
    }
  }

  private static int tell(Inspection inspection) {
    System.out.println(
        "keeps the VMs of: "
            + inspection.keep().word()
            + inspection.asked().map(asked -> ", until " + asked.until()).orElse(""));
    return Exit.OK;
  }

  /// `bakehouse host quarantine list`
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "The VMs that are kept, and the way into each.")
  static final class ListAll implements Callable<Integer> {
    @Mixin HostOptions host = new HostOptions();

    @Option(names = "--json", description = "Answer in JSON.")
    boolean json;

    @Override
    public Integer call() {
      HostSettings settings = host.settings();
      Inspection inspection = new Inspection(settings);
      List<Quarantine.Entry> all = new Quarantine(settings.state()).list();
      if (json) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("keep", inspection.keep().word());
        answer.put("until", inspection.asked().map(Inspection.Asked::until).orElse(null));
        answer.put("vms", all);
        System.out.println(JsonMapper.builder().build().writeValueAsString(answer));
        return Exit.OK;
      }
      int _ = tell(inspection);
      for (Quarantine.Entry entry : all) {
        String at = entry.vm() + " --state " + settings.state();
        boolean runs = find(settings, entry.vm()).filter(Vm::running).isPresent();
        System.out.println(entry.vm() + "  until " + entry.until() + "  job " + entry.job());
        System.out.println("  " + entry.why());
        System.out.println(
            "  "
                + (runs ? "" : "`bakehouse vm run " + at + "`, then ")
                + "`bakehouse vm ssh "
                + at
                + "`");
      }
      return Exit.OK;
    }
  }

  /// `bakehouse host quarantine release`
  @Command(
      name = "release",
      mixinStandardHelpOptions = true,
      description = "Ends VMs that are kept and removes every trace of them.")
  static final class Release implements Callable<Integer> {
    @Mixin HostOptions host = new HostOptions();

    @Parameters(paramLabel = "VM", arity = "0..*", description = "As `list` shows it.")
    List<String> names = List.of();

    @Option(names = "--all", description = "All of them.")
    boolean all;

    @Override
    public Integer call() {
      HostSettings settings = host.settings();
      Quarantine quarantine = new Quarantine(settings.state());
      if (all == !names.isEmpty()) {
        throw new UserError("Nothing to release was named", "Name VMs, or give --all.");
      }
      List<String> chosen =
          all ? quarantine.list().stream().map(Quarantine.Entry::vm).toList() : names;
      for (String name : chosen) {
        if (quarantine.find(name).isEmpty()) {
          throw new UserError(
              "The VM " + name + " is not in quarantine", "`bakehouse host quarantine list`.");
        }
        find(settings, name).ifPresent(Vm::destroy);
        System.out.println(name + " is gone");
      }
      return Exit.OK;
    }
  }

  private static Optional<Vm> find(HostSettings settings, String name) {
    List<Hypervisor> hypervisors = Hypervisors.all(settings.state());
    return hypervisors.stream().flatMap(h -> h.find(name).stream()).findFirst();
  }
}
