package dev.bakehouse.oci;

import java.util.Map;

/// What a slice became.
///
/// @param content digest of the raw bytes
/// @param size of the raw bytes
record CompressedSlice(Digest content, long size, Digest blob, long blobSize) {
  Descriptor descriptor() {
    return new Descriptor(
        TartManifest.DISK_TYPE,
        blob,
        blobSize,
        Map.of(
            TartManifest.SLICE_SIZE, Long.toString(size),
            TartManifest.SLICE_DIGEST, content.toString()));
  }
}
