package dev.bakehouse.buildkite;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A connected agent as the REST API tells it.
///
/// @param metaData its tags, `name=value`
/// @param job what it runs, if anything
public record AgentInfo(
    String id,
    String name,
    @Nullable String connectionState,
    @Nullable String hostname,
    @Nullable String version,
    @Nullable List<String> metaData,
    BuildInfo.@Nullable JobInfo job) {}
