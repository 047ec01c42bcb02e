package dev.bakehouse.job;

import dev.bakehouse.pipeline.StepConfig;
import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a job's step says its products depend on, and the fingerprint of all of it at the job's
/// commit.
///
/// Beside the declared files: submodules, the repository's hooks and attributes, the step's key,
/// command, plugins and artifact paths, the image's content, and every variable of the job's own
/// but those that differ from build to build (`BUILDKITE_*`, of which a step can name some).
final class StepInputs {
  /// The files that take part in every job, whatever its step says.
  private static final List<String> ALWAYS = List.of(".buildkite/hooks/**", "**/.gitattributes");

  /// What of the agent's variables takes part in every job.
  private static final List<String> VARIABLES =
      List.of(
          "BUILDKITE_STEP_KEY",
          "BUILDKITE_COMMAND",
          "BUILDKITE_PLUGINS",
          "BUILDKITE_ARTIFACT_PATHS",
          "BUILDKITE_PARALLEL_JOB",
          "BUILDKITE_PARALLEL_JOB_COUNT");

  /// Says to build whatever there is, and changes nothing else.
  private static final String FORCE = "BAKEHOUSE_FORCE_BUILDS";

  private static final String VARIABLE = "env:";
  private static final int MOST = 100;

  private final Job job;
  private final List<String> patterns = new ArrayList<>();
  private final List<String> without = new ArrayList<>();
  private final List<String> variables = new ArrayList<>(VARIABLES);

  StepInputs(Job job) {
    this.job = job;
    for (String word : job.text(StepConfig.INPUTS).strip().split("\\s+")) {
      if (word.startsWith(VARIABLE)) {
        variables.add(word.substring(VARIABLE.length()));
      } else if (word.startsWith("!")) {
        without.add(word.substring(1));
      } else if (!word.isEmpty()) {
        patterns.add(word);
      }
    }
  }

  boolean declared() {
    return !patterns.isEmpty();
  }

  /// Whether the build is to build whatever there is.
  boolean forced() {
    String text = job.text(FORCE).toLowerCase(Locale.ROOT);
    return !Set.of("", "false", "off", "no", "0").contains(text);
  }

  /// @param content of the image the job would run in
  /// @return hexadecimal
  /// @throws UserError when something that is named is not there
  String fingerprint(CommitFiles commit, String content) {
    if (content.isEmpty()) {
      throw new UserError(
          "the image's content is not known", "Push the image, or pull it from a registry.");
    }
    Fingerprint all = new Fingerprint();
    all.add("version", "1");
    all.add("image", content);
    for (String name : variables) {
      all.add(name, job.crossing().getOrDefault(name, ""));
    }
    new TreeMap<>(job.crossing())
        .forEach(
            (name, value) -> {
              if (!name.startsWith("BUILDKITE_") && !name.equals(FORCE)) {
                all.add(name, value);
              }
            });
    files(commit).forEach(all::add);
    return Digests.hex(all.digest);
  }

  private SortedMap<String, String> files(CommitFiles commit) {
    if (patterns.size() + without.size() > MOST) {
      throw new UserError(
          "the step names more than " + MOST + " inputs", "Name directories instead of files.");
    }
    commit.insistFew();
    SortedMap<String, String> links = commit.links();
    SortedMap<String, String> files = new TreeMap<>(links);
    for (String pattern : patterns) {
      Map<String, String> found = commit.objects(List.of(pattern), without);
      boolean inSubmodule =
          links.keySet().stream()
              .anyMatch(link -> pattern.equals(link) || pattern.startsWith(link + "/"));
      if (found.isEmpty() && !inSubmodule) {
        throw new UserError(
            "no file of the commit is one of `" + pattern + "`",
            "Correct the step's inputs, or take it out of them.");
      }
      files.putAll(found);
    }
    files.putAll(commit.objects(ALWAYS, List.of()));
    return files;
  }

  /// Names and values, none of which can pass for others.
  private static final class Fingerprint {
    private final MessageDigest digest = Digests.sha256();

    /// @param name as `value` a text with one character a byte
    void add(String name, String value) {
      for (String part : List.of(name, value)) {
        byte[] bytes = RawEnvironment.bytes(part);
        digest.update(RawEnvironment.bytes(bytes.length + ":"));
        digest.update(bytes);
      }
    }
  }
}
