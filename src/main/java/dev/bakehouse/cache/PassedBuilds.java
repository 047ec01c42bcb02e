package dev.bakehouse.cache;

import java.util.List;
import java.util.OptionalInt;

/// The builds of a job's pipeline, as the coordinator knows them.
@FunctionalInterface
public interface PassedBuilds {
  /// Builds of a branch in any state, newest first.
  ///
  /// @param branch as the coordinator names it
  /// @param limit how many at most
  /// @throws dev.bakehouse.platform.UserError when the coordinator can not be asked
  List<Build> recent(String branch, int limit);

  /// @param state the coordinator's word: `passed`, `failed`, `running`, …
  /// @param pull the pull request it was made for, if any
  record Build(
      String id,
      int number,
      String state,
      String branch,
      OptionalInt pull,
      String commit,
      List<Job> jobs) {
    public Build {
      jobs = List.copyOf(jobs);
    }
  }

  /// @param step the step's key, or empty
  /// @param state the coordinator's word
  /// @param exit the exit status, once there is one
  /// @param retried whether a later job took its place
  record Job(String step, String state, OptionalInt exit, boolean retried) {}
}
