package dev.bakehouse.vm.tart;

/// How Tart ends when something is wrong: its text and its status.
final class StandInError extends RuntimeException {
  final int status;

  StandInError(int status, String text) {
    super(text);
    this.status = status;
  }

  static StandInError missing(String name) {
    return new StandInError(2, "the specified VM \"" + name + "\" does not exist");
  }

  static StandInError notRunning(String name) {
    return new StandInError(2, "VM \"" + name + "\" is not running");
  }
}
