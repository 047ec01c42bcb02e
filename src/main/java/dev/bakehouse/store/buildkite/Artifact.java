package dev.bakehouse.store.buildkite;

import java.time.Instant;

/// A file a job left with its build.
///
/// @param build id of the build
/// @param id its own id
/// @param job id of the job
/// @param size in bytes
/// @param created when it was uploaded; it expires by this
/// @param sha1 hexadecimal, as the uploader told it
public record Artifact(
    String build, String id, String path, String job, Instant created, long size, String sha1) {}
