package dev.bakehouse.job;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.PassedStep;
import dev.bakehouse.cache.PassedStep.By;
import dev.bakehouse.cache.PassedSteps;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.pipeline.StepConfig;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.store.buildkite.Artifact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Instead of building: the artifacts that this step left in a passed build, when all that goes
/// into it is the same.
///
/// Which jobs passed with what is noted by hosts in the store of caches, which no guest sees, and
/// read by the rules of caches. Nothing here fails a job: where anything is amiss, it is built, and
/// what it uploads counts before what was taken over half.
final class TakeOver {
  private static final int LOOKED_AT = 8;
  private static final int FILES = 200;
  private static final long BYTES = 4L << 30;

  /// Neither a pattern of the agent's nor a way out of a directory.
  private static final Pattern PLAIN =
      Pattern.compile("(?![/-])(?!(.*/)?\\.{0,2}(/|$))[A-Za-z0-9._+=@%,()#:/ -]{1,400}");

  /// Blobs of caches are artifacts too where they lie in builds.
  private static final String BLOBS = "bakehouse-cache/";

  private final Job job;
  private final HostSettings settings;
  private final Phases phases;
  private final JobScope scope;
  private final PassedSteps passedSteps;
  private final StepInputs inputs;
  private final AgentArtifacts artifacts;
  private final String content;
  private final CommitFiles commit;
  private Optional<String> fingerprint = Optional.empty();
  private Optional<By> origin = Optional.empty();

  private TakeOver(
      Job job,
      HostSettings settings,
      JobScope scope,
      StepInputs inputs,
      String content,
      CommitFiles commit,
      Phases phases) {
    this.job = job;
    this.settings = settings;
    this.scope = scope;
    this.inputs = inputs;
    this.content = content;
    this.commit = commit;
    this.phases = phases;
    this.passedSteps = new PassedSteps(scope.blobs());
    this.artifacts = new AgentArtifacts(job.texts());
  }

  /// @param content of the image the job would run in
  /// @return empty for a step that declares no inputs
  static Optional<TakeOver> of(
      Job job,
      HostSettings settings,
      JobScope scope,
      String content,
      CommitFiles commit,
      Phases phases) {
    StepInputs inputs = new StepInputs(job);
    if (!inputs.declared()) {
      phases.say("Inputs: the step declares none (" + StepConfig.INPUTS + "), so it runs");
      return Optional.empty();
    }
    return Optional.of(new TakeOver(job, settings, scope, inputs, content, commit, phases));
  }

  /// @return whether another build's artifacts are this job's now
  boolean take() {
    phases.say("--- bakehouse: take · what a passed build made of the same inputs");
    try {
      return phases.part(Phase.TAKE, () -> found(inputs.fingerprint(commit, content)));
    } catch (Exception e) {
      phases.say("Inputs: the step runs: " + e.getMessage());
      return false;
    }
  }

  private boolean found(String print) throws IOException {
    fingerprint = Optional.of(print);
    if (inputs.forced()) {
      phases.say("Inputs: the step runs: the build is to build whatever there is");
      return false;
    }
    RestClient client =
        settings
            .api()
            .client(job.texts())
            .orElseThrow(
                () ->
                    new UserError(
                        settings.file() + " names no REST API to ask which builds passed",
                        "Set api.url and api.token-file there."));
    int looked = 0;
    for (Access.Read read : scope.access().reads()) {
      for (PassedStep each :
          passedSteps.find(
              read.scope(), scope.identity().step().key(), print, LOOKED_AT - looked)) {
        looked++;
        Optional<String> flaw = flaw(client, read, each.by());
        if (flaw.isEmpty() && taken(each)) {
          String made = each.by().equals(each.maker()) ? "" : ", first made by " + each.maker();
          phases.say("+++ bakehouse: nothing ran: the inputs are those of " + each.by() + made);
          return true;
        }
        flaw.ifPresent(why -> phases.say("Inputs: not from " + each.by() + ": " + why));
      }
    }
    phases.say(
        "Inputs: the step runs: "
            + (looked == 0
                ? "no passed build had the same (" + print.substring(0, 16) + ")"
                : "none of the builds that had the same can be used"));
    return false;
  }

  /// Why a job is none to take from: only the coordinator knows what became of it and of its build.
  private Optional<String> flaw(RestClient client, Access.Read read, By by) {
    try {
      BuildInfo build = client.build(job.text("BUILDKITE_PIPELINE_SLUG"), by.number());
      boolean same =
          by.build().equals(build.id())
              && read.holds(String.valueOf(build.branch()), RestBuilds.pull(build));
      if (!same) {
        return Optional.of("it is none of " + read.scope().ref().text());
      }
      if (!"passed".equals(build.state())) {
        return Optional.of("it is not passed but " + build.state());
      }
      boolean passed = build.jobs().stream().anyMatch(each -> passed(each, by));
      return passed ? Optional.empty() : Optional.of("its job did not pass, or ran again");
    } catch (UserError e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private boolean passed(JobInfo each, By by) {
    return by.job().equals(each.id())
        && scope.identity().step().key().equals(each.stepKey())
        && "passed".equals(each.state())
        && Integer.valueOf(0).equals(each.exitStatus())
        && !Boolean.TRUE.equals(each.retried());
  }

  /// @return false when they can not be had
  /// @throws IOException when they could not be left here
  private boolean taken(PassedStep step) throws IOException {
    Path dir = Scratch.directory(settings.state().resolve("taken"));
    try {
      try {
        fetch(step, dir);
      } catch (IOException e) {
        phases.say("Inputs: not from " + step.by() + ": " + e.getMessage());
        return false;
      }
      if (!step.files().isEmpty()) {
        artifacts.upload(
            dir, step.files().stream().map(PassedStep.File::path).toArray(String[]::new));
      }
      origin = Optional.of(step.maker());
      return true;
    } finally {
      Directories.delete(dir);
    }
  }

  private void fetch(PassedStep step, Path dir) throws IOException {
    Optional<String> flaw = flaw(step.files());
    if (flaw.isPresent()) {
      throw new IOException(flaw.get());
    }
    long bytes = step.files().stream().mapToLong(PassedStep.File::size).sum();
    if (bytes > Files.getFileStore(dir).getUsableSpace() / 2) {
      throw new IOException("its artifacts would take more than half of the host's free space");
    }
    List<Artifact> there = left(step.by().build(), step.by().job());
    for (PassedStep.File file : step.files()) {
      Artifact artifact =
          there.stream()
              .filter(a -> file(a).equals(file))
              .findFirst()
              .orElseThrow(
                  () -> new IOException("its artifact " + file.path() + " is gone, or another"));
      Path to = dir.resolve(file.path());
      Files.createDirectories(to.getParent());
      artifacts.download(artifact, to);
      artifact.insistOn(to);
      phases.say("Inputs: " + file.path() + ", " + file.size() + " bytes");
    }
  }

  /// Whether all is known that goes into what the job makes.
  boolean known() {
    return fingerprint.isPresent();
  }

  /// Notes what this job left, for later builds. It has passed; a fork's leaves nothing.
  ///
  /// @param now the content of the image, which may have been replaced before the VM started
  void note(String now) {
    Optional<Scope> writes = scope.access().writes();
    if (writes.isEmpty() || !now.equals(content)) {
      return;
    }
    try {
      String build = scope.identity().buildId();
      int number = Integer.parseInt(job.text("BUILDKITE_BUILD_NUMBER"));
      By own = new By(build, number, commit.commit(), job.id());
      List<PassedStep.File> files =
          left(build, job.id()).stream()
              .filter(a -> !a.path().startsWith(BLOBS))
              .map(TakeOver::file)
              .toList();
      Optional<String> flaw = flaw(files);
      if (flaw.isPresent()) {
        phases.say("Inputs: no later build takes this one's artifacts: " + flaw.get());
        return;
      }
      String step = scope.identity().step().key();
      passedSteps.add(writes.get(), step, fingerprint.get(), new PassedStep(own, files, origin));
    } catch (IOException | RuntimeException e) {
      phases.say("Inputs: no later build takes this one's artifacts: " + e.getMessage());
    }
  }

  /// A job's artifacts, the newest of each path. Whether `*` goes into directories is the
  /// coordinator's to say.
  private List<Artifact> left(String build, String of) throws IOException {
    Map<String, Artifact> all = new LinkedHashMap<>();
    for (String query : List.of("*", "**/*")) {
      artifacts.find(build, of, query).forEach(a -> all.putIfAbsent(a.path(), a));
    }
    return new ArrayList<>(all.values());
  }

  private static PassedStep.File file(Artifact artifact) {
    return new PassedStep.File(artifact.path(), artifact.size(), artifact.sha1());
  }

  private static Optional<String> flaw(List<PassedStep.File> files) {
    long bytes = files.stream().mapToLong(PassedStep.File::size).sum();
    if (files.size() > FILES || bytes > BYTES) {
      return Optional.of("they are more than " + FILES + " or have more than 4 GiB");
    }
    return files.stream()
        .filter(f -> !PLAIN.matcher(f.path()).matches() || f.sha1().isEmpty())
        .findFirst()
        .map(f -> "the name `" + f.path() + "` is none to upload by, or it has no checksum");
  }
}
