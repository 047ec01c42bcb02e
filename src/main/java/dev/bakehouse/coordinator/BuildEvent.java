package dev.bakehouse.coordinator;

/// What a watched build does, in order.
public sealed interface BuildEvent {
  /// A job is new, changed its state, or waits for a person now.
  record JobChanged(JobView job) implements BuildEvent {}

  /// More of a job's log, as the agent sent it; see [LogText] for a terminal.
  record Log(JobView job, byte[] bytes) implements BuildEvent {}

  /// The build changed its state, or is blocked or no more; the last event has an ended one.
  record BuildChanged(BuildView build) implements BuildEvent {}
}
