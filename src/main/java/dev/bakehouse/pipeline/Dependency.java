package dev.bakehouse.pipeline;

/// @param step the key of a command, wait or group step
/// @param allowFailure go on although it failed
public record Dependency(String step, boolean allowFailure) {}
