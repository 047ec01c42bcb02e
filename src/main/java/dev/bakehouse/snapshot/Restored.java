package dev.bakehouse.snapshot;

import java.util.List;

/// What a restore did.
///
/// @param files written
/// @param bytes written
/// @param kept bytes of files that were there already
/// @param lost one line for each file that could not be restored and is not there
public record Restored(long files, long bytes, long kept, List<String> lost) {}
