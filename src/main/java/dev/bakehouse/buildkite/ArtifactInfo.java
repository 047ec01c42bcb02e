package dev.bakehouse.buildkite;

import org.jspecify.annotations.Nullable;

/// An artifact as the REST API tells it.
///
/// @param downloadUrl answers with a redirect to the bytes
/// @param state `finished` when the bytes are there
public record ArtifactInfo(
    String id,
    @Nullable String jobId,
    String path,
    String downloadUrl,
    @Nullable String state,
    @Nullable Long fileSize,
    @Nullable String sha1sum,
    @Nullable String sha256sum) {}
