package dev.bakehouse.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// `branches` of a step
/// (https://buildkite.com/docs/pipelines/configure/workflows/branch-configuration): names with `*`,
/// separated by spaces; one must match, and none with a `!` before it may.
public record BranchPattern(String text) {
  /// Whether steps with it belong to a build of the branch.
  ///
  /// @param budget what finding out may take, with all others that have the same
  public boolean covers(String branch, SafePattern.Budget budget) {
    List<String> wanted = new ArrayList<>();
    for (String word : text.split("\\s+")) {
      if (word.startsWith("!")) {
        if (fits(word.substring(1), branch, budget)) {
          return false;
        }
      } else if (!word.isEmpty()) {
        wanted.add(word);
      }
    }
    return wanted.isEmpty() || wanted.stream().anyMatch(word -> fits(word, branch, budget));
  }

  private static boolean fits(String word, String branch, SafePattern.Budget budget) {
    StringBuilder pattern = new StringBuilder();
    for (String part : word.split("\\*+", -1)) {
      pattern.append(pattern.isEmpty() ? "" : ".*").append(Pattern.quote(part));
    }
    return SafePattern.of(pattern.toString(), false).fits(branch, budget);
  }
}
