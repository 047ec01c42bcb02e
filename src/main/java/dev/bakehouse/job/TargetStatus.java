package dev.bakehouse.job;

import dev.bakehouse.buildkite.AgentCommand;
import dev.bakehouse.config.GithubSettings;
import dev.bakehouse.github.CommitStatus;
import dev.bakehouse.github.CommitStatus.State;
import dev.bakehouse.github.Github;
import dev.bakehouse.pipeline.StatusStep;
import dev.bakehouse.platform.BuiltRef;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// A status for each target of a build on its commit at GitHub. One that can not be set is a
/// warning in the log: a build does not fail for it.
public final class TargetStatus {
  private static final Duration DEADLINE = Duration.ofMinutes(2);
  private static final Pattern URL = Pattern.compile("https?://\\S+");

  private final GithubSettings settings;
  private final Map<String, String> env;
  private final String commit;
  private final PrintStream log;

  /// @param env the job's
  /// @param commit its full name
  public TargetStatus(
      GithubSettings settings, Map<String, String> env, String commit, PrintStream log) {
    this.settings = settings;
    this.env = Map.copyOf(env);
    this.commit = commit;
    this.log = log;
  }

  /// The targets of a build that has begun.
  public void pending(List<String> targets) {
    if (!targets.isEmpty()) {
      set(targets, State.PENDING, "The build runs");
    }
  }

  /// What became of a target's steps, which the job's environment names.
  public void ended(String target) {
    List<String> failed = new ArrayList<>();
    List<String> soft = new ArrayList<>();
    List<String> keys = StatusStep.keys(env);
    if (keys.isEmpty()) {
      log.println(
          "warning: commit status of " + target + " was not set: the step names no steps of it");
      return;
    }
    for (String key : keys) {
      switch (outcome(key)) {
        case "passed" -> {}
        case "soft_failed" -> soft.add(key);
        default -> failed.add(key);
      }
    }
    if (failed.isEmpty()) {
      String softly = soft.isEmpty() ? "" : "; failed softly: " + String.join(", ", soft);
      int passed = keys.size() - soft.size();
      set(
          List.of(target),
          State.SUCCESS,
          passed + (passed == 1 ? " step" : " steps") + " passed" + softly);
    } else {
      String others = failed.size() == 1 ? "" : " and " + (failed.size() - 1) + " behind it";
      set(List.of(target), State.FAILURE, failed.getFirst() + others + " did not pass");
    }
  }

  /// Of a step that was never added, because what adds it failed: none.
  private String outcome(String key) {
    try {
      Outcome answer =
          AgentCommand.of(env, "step", "get", "outcome", "--step", key)
              .and("--log-level", "fatal")
              .deadline(DEADLINE)
              .run();
      return answer.ok() ? answer.text().strip() : "";
    } catch (UserError e) {
      return "";
    }
  }

  private void set(List<String> targets, State state, String description) {
    String link = env.getOrDefault("BUILDKITE_BUILD_URL", "");
    String url = URL.matcher(link).matches() ? link : "";
    String named = String.join(", ", targets.stream().map(this::context).toList());
    boolean pull = !Set.of("", "false").contains(env.getOrDefault("BUILDKITE_PULL_REQUEST", ""));
    if (pull && env.getOrDefault("BUILDKITE_SOURCE", "").equals(BuiltRef.TRIGGER)) {
      log.println(
          "warning: commit status "
              + named
              + " was not set: a pull request's build chose the"
              + " commit");
      return;
    }
    try {
      String address = env.getOrDefault("BUILDKITE_REPO", "");
      String repository =
          Github.repository(settings.api(), address)
              .orElseThrow(
                  () ->
                      new UserError(
                          address + " is not on the server of " + settings.api(),
                          "Set `github.api`, or take `commit-status` out of `pipeline`."));
      if (!GitMirror.isCommit(commit)) {
        throw new UserError(
            "`" + commit + "` is no full name of a commit", "Start the build for a commit.");
      }
      // What fails for one target fails for all, and takes its time.
      Github github = new Github(settings.api(), token());
      for (String target : targets) {
        github.set(repository, commit, new CommitStatus(context(target), state, description, url));
      }
      log.println(
          "Commit status "
              + named
              + ": "
              + state.name().toLowerCase(Locale.ROOT)
              + ", "
              + description);
    } catch (UserError e) {
      log.println("warning: commit status " + named + " was not set: " + e.getMessage());
      log.println("  " + e.remedy());
    }
  }

  private String context(String target) {
    return settings.context() + "/" + target;
  }

  private String token() {
    if (settings.tokenFile().isEmpty()) {
      String given = env.getOrDefault("GITHUB_TOKEN", "").strip();
      if (!given.isEmpty()) {
        return given;
      }
      throw new UserError(
          "there is no GitHub token",
          "Name a file with one of the scope repo:status in `github.token-file` of the host's"
              + " bakehouse.yml, or give the job a GITHUB_TOKEN.");
    }
    Path file = settings.tokenFile().get();
    try {
      Directories.insistPrivate("The GitHub token", file);
      String token = Files.readString(file).strip();
      if (token.isEmpty()) {
        throw new IOException("it is empty");
      }
      return token;
    } catch (IOException e) {
      throw new UserError(
          "the GitHub token " + file + " can not be read: " + Reason.of(e),
          "Write one of the scope repo:status there, mode 600.",
          e);
    }
  }
}
