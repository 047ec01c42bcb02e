package dev.bakehouse.buildkite;

import org.jspecify.annotations.Nullable;

/// What opens the coordinator's web page, once.
///
/// @param holder name of the token that asked for it
/// @param seconds how long it is good
public record WebCode(@Nullable String code, @Nullable String holder, int seconds) {}
