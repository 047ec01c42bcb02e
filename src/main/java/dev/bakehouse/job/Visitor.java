package dev.bakehouse.job;

import java.util.SequencedMap;

/// A person who runs a job once more and may look around after its command, before its VM goes.
/// Nothing of such a run is kept or told to anyone.
interface Visitor {
  /// @param env what the job had in the guest, byte strings
  /// @param status the job's
  void visit(Machine machine, SequencedMap<String, String> env, int status);
}
