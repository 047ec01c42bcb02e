package dev.bakehouse.job;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.ProjectError;
import dev.bakehouse.pipeline.PipelineConfig;
import dev.bakehouse.platform.UserError;
import java.io.PrintStream;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;

/// The few command lines a job may run on the host itself: they must stand on the host's allow-list
/// exactly as written, and are carried out by this program. Nothing of the repository runs; its
/// files are only read.
final class HostCommands {
  /// The first words of what is carried out; an allow-list can not add to these.
  private static final Pattern KNOWN =
      Pattern.compile(
          "bakehouse pipeline upload|(bakehouse image ensure|\\.buildkite/scripts/ensure-bun-image\\.sh)( .*)?");

  private HostCommands() {}

  /// The job's command if it is one of them. A job with plugins never is: they would run too.
  static Optional<String> find(Job job, HostSettings settings) {
    String plugins = job.text("BUILDKITE_PLUGINS");
    boolean plain = plugins.isEmpty() || plugins.equals("[]") || plugins.equals("null");
    String command = job.text("BUILDKITE_COMMAND").strip();
    return plain && settings.allow().contains(command) ? Optional.of(command) : Optional.empty();
  }

  static int run(Job job, HostSettings settings, Phases phases, PrintStream log) {
    String command = find(job, settings).orElseThrow();
    if (!KNOWN.matcher(command).matches()) {
      return phases.run(
          Phase.COMMAND, "on this host: " + command, () -> answered(log, () -> unknown(command)));
    }
    GitMirror mirror =
        phases.run(
            Phase.CHECKOUT,
            "mirror of " + job.text("BUILDKITE_REPO"),
            () -> Checkout.mirror(job, settings));
    String commit = Checkout.commit(job, mirror);
    if (command.equals("bakehouse pipeline upload")) {
      return phases.run(
          Phase.COMMAND,
          "on this host: " + command,
          () -> answered(log, () -> upload(job, mirror, commit, log)));
    }
    return phases.run(
        Phase.IMAGE,
        "on this host: " + command,
        () -> ensureImage(new HostImage(job, settings, log), command, mirror, commit, log));
  }

  private static int unknown(String command) {
    throw new UserError(
        "`"
            + command
            + "` is no command that a job may run on the host, whatever `host.allow` says",
        "Jobs may have images ensured and pipelines uploaded; all else is for people.");
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
      HostImage image, String command, GitMirror mirror, String commit, PrintStream log) {
    try {
      LocalImage _ = image.ensure(command, mirror, commit);
      return 0;
    } catch (ProjectError | ConfigError e) {
      return told(log, e);
    }
  }

  private static int upload(Job job, GitMirror mirror, String commit, PrintStream log) {
    String yaml =
        mirror
            .file(commit, "bakehouse.yml")
            .orElseThrow(
                () ->
                    new UserError(
                        "The commit " + commit + " has no bakehouse.yml",
                        "Add one with a `pipeline:` section, or upload a pipeline in a VM."));
    PipelineConfig config = PipelineConfig.read(Yaml.parse("bakehouse.yml", yaml));
    log.println(PipelineUpload.run(config, true, false, job.texts()));
    return 0;
  }
}
