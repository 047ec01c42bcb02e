package dev.bakehouse.pipeline;

/// How many jobs of a group may be under way at once, in all builds.
///
/// @param eager in any order; else in the order they were made
public record Concurrency(String group, int limit, boolean eager) {}
