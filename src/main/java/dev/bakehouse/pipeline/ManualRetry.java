package dev.bakehouse.pipeline;

import java.util.Optional;

/// Whether a person may start a job that ended once more.
///
/// @param onPassed also one that passed
/// @param reason why not
public record ManualRetry(boolean allowed, boolean onPassed, Optional<String> reason) {}
