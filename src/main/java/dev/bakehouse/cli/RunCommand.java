package dev.bakehouse.cli;

import dev.bakehouse.config.Section;
import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.coordinator.BuildReport;
import dev.bakehouse.local.Answers;
import dev.bakehouse.local.GuestImage;
import dev.bakehouse.local.RunBuild;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse run PIPELINE.yml`: a build on this machine, without an account.
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a pipeline of a git repository on this machine: embedded coordinator, real agents, clean VMs.",
      "Every job runs here, whatever agents it asks for. Ends 0 passed, 1 failed, 125 when the machinery failed."
    })
final class RunCommand implements Callable<Integer> {
  @Parameters(paramLabel = "PIPELINE.yml", description = "YAML or JSON with `steps:`.")
  Path pipeline = Path.of("");

  @Option(
      names = "--repo",
      paramLabel = "DIR",
      description = "The repository (default: the working directory).")
  Path repository = Path.of(".");

  @Option(
      names = "--hosts",
      paramLabel = "N",
      description = "Hosts to start (${DEFAULT-VALUE}).",
      defaultValue = "1")
  int hosts;

  @Option(
      names = "--slots",
      paramLabel = "N",
      description = "VMs at once on each (${DEFAULT-VALUE}).",
      defaultValue = "2")
  int slots;

  @Option(
      names = "--image",
      paramLabel = "NAME",
      description = "Local image (${DEFAULT-VALUE}).",
      defaultValue = GuestImage.NAME)
  String image = GuestImage.NAME;

  @Option(
      names = "--cpus",
      paramLabel = "N",
      description = "CPUs of a VM (${DEFAULT-VALUE}).",
      defaultValue = "4")
  int cpus;

  @Option(
      names = "--memory-mb",
      paramLabel = "N",
      description = "Memory of a VM (${DEFAULT-VALUE}).",
      defaultValue = "8192")
  int memory;

  @Option(
      names = "--disk-gb",
      paramLabel = "N",
      description = "Disk of a VM (${DEFAULT-VALUE}).",
      defaultValue = "50")
  int disk;

  @Option(
      names = "--unblock",
      paramLabel = "KEY[=JSON]",
      description = {
        "Answers the block or input step of that key, or that label, with the fields' values;",
        "without it, it is asked at the terminal. May stand several times."
      })
  List<String> unblock = List.of();

  @Option(
      names = "--pipeline",
      paramLabel = "SLUG=FILE",
      description = "Steps of another pipeline, for trigger steps. May stand several times.")
  Map<String, Path> pipelines = Map.of();

  @Option(names = "--yes", description = "Install what is missing without asking.")
  boolean yes;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the build there.")
  Optional<Path> json = Optional.empty();

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Where everything is kept (default: .bakehouse beside the program).")
  Optional<Path> state = Optional.empty();

  @Override
  public Integer call() throws IOException {
    try {
      JsonFile.insistWritable(json);
      Path dir =
          state.orElseGet(() -> Self.root().resolve(".bakehouse")).toAbsolutePath().normalize();
      String vm = "{cpus: " + cpus + ", memory-mb: " + memory + ", disk-gb: " + disk + "}";
      Section fleet = Yaml.parse("command line", "{hosts: " + hosts + ", slots: " + slots + "}");
      RunBuild.Request request =
          new RunBuild.Request(
              pipeline,
              repository.toAbsolutePath().normalize(),
              fleet.number("hosts", 1, 1, 16),
              fleet.number("slots", 2, 1, 64),
              image,
              dir,
              VmSettings.read(Yaml.parse("command line", vm)),
              yes,
              Answers.parse(unblock),
              pipelines);
      BuildReport report = new RunBuild(request, System.out).run();
      if (json.isPresent()) {
        Files.writeString(json.get(), report.json() + "\n");
      }
      return status(report);
    } catch (UserError e) {
      Exit.of(e);
      return Exit.INFRASTRUCTURE;
    }
  }

  private static int status(BuildReport report) {
    if (report.passed()) {
      return Exit.OK;
    }
    boolean machinery =
        report.steps().stream()
            .anyMatch(s -> s.exit() != null && (s.exit() == -1 || s.exit() == Exit.INFRASTRUCTURE));
    return machinery ? Exit.INFRASTRUCTURE : Exit.FAILED;
  }
}
