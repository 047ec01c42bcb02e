package dev.bakehouse.store;

import java.time.Instant;

/// A published blob.
///
/// @param key its name, see [BlobStore]
/// @param size in bytes
/// @param modified when it was published or last touched
public record BlobInfo(String key, long size, Instant modified) {}
