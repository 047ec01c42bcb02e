package dev.bakehouse.guest;

/// How a run ended, as the guest's own `wait` tells it.
public sealed interface Ended {
  /// @param code exit status, 0 to 255
  record Exited(int code) implements Ended {}

  /// @param signal number of the signal that ended it
  record Signalled(int signal) implements Ended {}

  /// The command was never started: its directory is missing or the like.
  record Failed(String why) implements Ended {}

  /// The guest's runner was killed before it could tell how the command ended.
  record Lost() implements Ended {}

  /// The status a shell would give: a signal N is 128+N; 125 when the command did not run.
  default int status() {
    return switch (this) {
      case Exited(int code) -> code;
      case Signalled(int signal) -> 128 + signal;
      case Failed _, Lost _ -> 125;
    };
  }
}
