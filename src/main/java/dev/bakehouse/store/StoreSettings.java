package dev.bakehouse.store;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/// What a store needs beside its URL.
///
/// @param base where a relative directory starts
/// @param s3Credentials file with credentials for S3, written as `~/.aws/credentials`
/// @param artifacts makes the store of Buildkite's artifacts, which knows this job and its builds
public record StoreSettings(
    Path base, Optional<Path> s3Credentials, Supplier<BlobStore> artifacts) {}
