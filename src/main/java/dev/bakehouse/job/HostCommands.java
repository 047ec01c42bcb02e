package dev.bakehouse.job;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.ProjectError;
import dev.bakehouse.performance.PerformanceConfig;
import dev.bakehouse.pipeline.PipelineConfig;
import dev.bakehouse.pipeline.StatusStep;
import dev.bakehouse.platform.UserError;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;

/// The few command lines a job may run on the host itself: each must stand on the host's allow-list
/// exactly as written, and is carried out by this program. Nothing of the repository runs; its
/// files are only read.
final class HostCommands {
  private static final String FILE = "bakehouse.yml";
  private static final String UPLOAD = "bakehouse pipeline upload";

  /// The first words of what is carried out; an allow-list can not add to these.
  private static final Pattern KNOWN =
      Pattern.compile(
          "("
              + UPLOAD
              + "|bakehouse image ensure|\\.buildkite/scripts/ensure-bun-image\\.sh)( .*)?|"
              + PerformanceConfig.COMMAND
              + "|"
              + StatusStep.COMMAND
              + "[a-z0-9-]+");

  /// The word `TARGET` on the allow-list stands for any.
  private static final Pattern TARGET = Pattern.compile("--target [a-z0-9-]+");

  private HostCommands() {}

  /// The lines of the job's command if all of them are such. A job with plugins never is: they
  /// would run too.
  static Optional<List<String>> find(Job job, HostSettings settings) {
    String plugins = job.text("BUILDKITE_PLUGINS");
    boolean plain = plugins.isEmpty() || plugins.equals("[]") || plugins.equals("null");
    List<String> lines =
        job.text("BUILDKITE_COMMAND").lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
    return plain
            && !lines.isEmpty()
            && lines.stream().allMatch(line -> allowed(line, settings.allow()))
        ? Optional.of(lines)
        : Optional.empty();
  }

  private static boolean allowed(String line, List<String> allow) {
    return allow.contains(line)
        || allow.contains(TARGET.matcher(line).replaceFirst("--target TARGET"));
  }

  /// Carries them out in their order, up to the first that fails.
  static int run(Job job, HostSettings settings, Phases phases, PrintStream log) {
    List<String> commands = find(job, settings).orElseThrow();
    for (String command : commands) {
      if (!KNOWN.matcher(command).matches()) {
        return phases.run(
            Phase.COMMAND, "on this host: " + command, () -> answered(log, () -> unknown(command)));
      }
    }
    String named = job.text("BUILDKITE_COMMIT");
    if (GitMirror.isCommit(named) && commands.stream().allMatch(StatusStep::is)) {
      // Nothing of the repository is read.
      commands.forEach(command -> report(job, settings, command, named, phases, log));
      return 0;
    }
    GitMirror mirror =
        phases.run(
            Phase.CHECKOUT,
            "mirror of " + job.text("BUILDKITE_REPO"),
            () -> Checkout.mirror(job, settings));
    CommitFiles files =
        phases.timed(Phase.CHECKOUT, () -> mirror.files(Checkout.commit(job, mirror)));
    int status = 0;
    for (int i = 0; i < commands.size() && status == 0; i++) {
      String command = commands.get(i);
      String title = "on this host: " + command;
      if (command.startsWith(UPLOAD)) {
        status =
            phases.run(
                Phase.COMMAND,
                title,
                () -> answered(log, () -> upload(job, settings, command, files, log)));
      } else if (StatusStep.is(command)) {
        report(job, settings, command, files.commit(), phases, log);
      } else if (command.equals(PerformanceConfig.COMMAND)) {
        status = phases.run(Phase.COMMAND, title, () -> compare(job, settings, files, log));
      } else {
        HostImage image = new HostImage(job, settings, log);
        status = phases.run(Phase.IMAGE, title, () -> ensureImage(image, command, files, log));
      }
    }
    return status;
  }

  private static void report(
      Job job,
      HostSettings settings,
      String command,
      String commit,
      Phases phases,
      PrintStream log) {
    String target = command.substring(StatusStep.COMMAND.length());
    TargetStatus status = new TargetStatus(settings.github(), job.texts(), commit, log);
    phases.run(
        Phase.COMMAND,
        "on this host: " + command,
        () -> {
          status.ended(target);
          return 0;
        });
  }

  private static int unknown(String command) {
    throw new UserError(
        "`"
            + command
            + "` is no command that a job may run on the host, whatever `host.allow` says",
        "Jobs may have images ensured, pipelines uploaded, benchmarks compared and statuses set;"
            + " all else is for people.");
  }

  /// What the repository did wrong is the job's failure.
  private static int answered(PrintStream log, IntSupplier work) {
    try {
      return work.getAsInt();
    } catch (UserError e) {
      return told(log, e);
    }
  }

  private static int told(PrintStream log, UserError e) {
    log.println("^^^ +++");
    log.println(e.getMessage());
    log.println("  " + e.remedy());
    return 1;
  }

  /// Everything but the project's own mistakes is the machinery's failure.
  private static int ensureImage(
      HostImage image, String command, CommitFiles files, PrintStream log) {
    try {
      LocalImage _ = image.ensure(command, files);
      return 0;
    } catch (ProjectError | ConfigError e) {
      return told(log, e);
    }
  }

  /// A failure of any kind is none of those that the step may end with softly, and no reason to
  /// think ill of the host.
  private static int compare(Job job, HostSettings settings, CommitFiles files, PrintStream log) {
    try {
      JobSources.Api api = settings.api();
      PerformanceConfig config =
          files
              .file(FILE)
              .flatMap(y -> PerformanceConfig.read(Yaml.parse(FILE, y).section("pipeline")))
              .orElse(PerformanceConfig.DEFAULT);
      Path scratch = settings.state().resolve("performance");
      return new PerformanceStep(api, scratch, job.texts(), log).run(config);
    } catch (UserError e) {
      int _ = told(log, e);
      return PerformanceConfig.UNUSABLE;
    }
  }

  private static int upload(
      Job job, HostSettings settings, String command, CommitFiles files, PrintStream log) {
    List<String> targets = new ArrayList<>();
    boolean pin = false;
    List<String> words = List.of(command.substring(UPLOAD.length()).strip().split("\\s+"));
    for (int i = 0; i < words.size(); i++) {
      switch (words.get(i)) {
        case "" -> {}
        case "--pin" -> pin = true;
        case "--target" -> {
          i++;
          targets.add(i < words.size() ? words.get(i) : "");
        }
        default ->
            throw new UserError(
                "`" + words.get(i) + "` is no option of `pipeline upload` in a job on the host",
                "Use --target TARGET and --pin.");
      }
    }
    String yaml =
        files
            .file(FILE)
            .orElseThrow(
                () ->
                    new UserError(
                        "The commit " + files.commit() + " has no bakehouse.yml",
                        "Add one with a `pipeline:` section, or upload a pipeline in a VM."));
    PipelineConfig config = PipelineConfig.read(Yaml.parse(FILE, yaml));
    PipelineConfig wanted = targets.isEmpty() ? config : config.only(targets);
    PipelineUpload.Uploaded uploaded =
        PipelineUpload.run(wanted, targets.isEmpty(), pin, job.texts());
    log.println(uploaded.text());
    new TargetStatus(settings.github(), job.texts(), files.commit(), log).pending(uploaded.begun());
    return 0;
  }
}
