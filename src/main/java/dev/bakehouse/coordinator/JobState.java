package dev.bakehouse.coordinator;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Where a job stands. Names are Buildkite's, in upper case.
public enum JobState {
  /// Something it depends on is not done.
  WAITING,
  /// Behind a `block` that nobody has unblocked; or itself the job of a `block` or `input`.
  BLOCKED,
  /// Other jobs of its concurrency group come first.
  LIMITED,
  /// Any agent with the right tags may take it.
  SCHEDULED,
  /// Offered to an agent.
  ASSIGNED,
  /// Taken by the agent, not started.
  ACCEPTED,
  RUNNING,
  /// The agent was told, or will be at its next look.
  CANCELING,
  TIMING_OUT,
  PASSED,
  FAILED,
  CANCELED,
  TIMED_OUT,
  /// Never ran: what it depends on failed.
  WAITING_FAILED,
  /// The same, of a job that was blocked.
  BLOCKED_FAILED,
  /// A person has answered.
  UNBLOCKED,
  /// Its step says not to run it.
  SKIPPED,
  /// Its `if` or `branches` keep it out of the build.
  BROKEN;

  /// Those that are [#busy], for SQL's `IN`.
  static final String BUSY =
      Stream.of(values())
          .filter(JobState::busy)
          .map(state -> "'" + state.wire() + "'")
          .collect(Collectors.joining(","));

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  static JobState of(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }

  /// Nothing more happens to it.
  public boolean ended() {
    return compareTo(PASSED) >= 0;
  }

  /// It ended as it should.
  boolean good() {
    return this == PASSED || this == UNBLOCKED || leftOut();
  }

  /// Nobody wanted it to run.
  boolean leftOut() {
    return this == SKIPPED || this == BROKEN;
  }

  /// What it depends on is not done, or a person has not answered.
  boolean waits() {
    return this == WAITING || this == BLOCKED;
  }

  /// An agent has it, or was offered it.
  boolean busy() {
    return this == ASSIGNED || held();
  }

  /// An agent works on it, or should.
  boolean held() {
    return this == ACCEPTED || this == RUNNING || this == CANCELING || this == TIMING_OUT;
  }
}
