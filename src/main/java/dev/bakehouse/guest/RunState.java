package dev.bakehouse.guest;

/// Where a run is.
public sealed interface RunState {
  /// The guest never saw it.
  record Unknown() implements RunState {}

  /// @param pid the command's process in the guest, leader of its session
  record Running(long pid) implements RunState {}

  record Over(Ended ended) implements RunState {}
}
