package dev.bakehouse.image;

import dev.bakehouse.platform.BuiltRef;
import dev.bakehouse.platform.GitAddress;
import java.util.Locale;
import java.util.Map;

/// What kind of branch a build is of; decides what it may publish.
public enum Branch {
  MAIN,
  OTHER,
  FORK;

  /// Says in an image which kind of branch's build made it.
  static final String LABEL = "dev.bakehouse.image.branch";

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Whether builds of this branch may take an image for theirs. Another branch's script ran beside
  /// all files of its commit, so the default branch takes only what it made itself.
  boolean mayUse(Map<String, String> labels) {
    return this != MAIN || labels.getOrDefault(LABEL, MAIN.word()).equals(MAIN.word());
  }

  /// From Buildkite's variables; without them from the checkout, where `origin/HEAD` names the
  /// default branch (`main` when it is not known).
  public static Branch of(Map<String, String> environment, Checkout checkout) {
    String branch = environment.getOrDefault("BUILDKITE_BRANCH", "");
    if (branch.isEmpty()) {
      String current = checkout.git("symbolic-ref", "--short", "HEAD").orElse("");
      String main =
          checkout
              .git("symbolic-ref", "--short", "refs/remotes/origin/HEAD")
              .map(name -> name.replaceFirst("^origin/", ""))
              .orElse("main");
      return current.equals(main) ? MAIN : OTHER;
    }
    String from = environment.getOrDefault("BUILDKITE_PULL_REQUEST_REPO", "");
    String own = GitAddress.place(environment.getOrDefault("BUILDKITE_REPO", ""));
    // Buildkite can put a fork's owner and `:` before the branch, which no branch's name holds.
    if (branch.contains(":") || (!from.isEmpty() && !GitAddress.place(from).equals(own))) {
      return FORK;
    }
    boolean pullRequest =
        !environment.getOrDefault("BUILDKITE_PULL_REQUEST", "false").equals("false");
    String main = environment.getOrDefault("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main");
    return branch.equals(main) && !pullRequest && BuiltRef.certain(environment) ? MAIN : OTHER;
  }
}
