package dev.bakehouse.store;

import java.time.Instant;

/// A published blob.
///
/// @param key its name, see [BlobStore]
/// @param size in bytes
/// @param modified when it was published or last touched, to the second, by the store's clock
/// @param version another one when the blob is replaced; what it means is the store's business
public record BlobInfo(String key, long size, Instant modified, String version) {}
