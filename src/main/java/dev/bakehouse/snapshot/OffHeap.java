package dev.bakehouse.snapshot;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// Memory outside the heap, which the system's calls and Zstandard take as it is.
///
/// @param memory the same as the buffer
record OffHeap(ByteBuffer buffer, MemorySegment memory) {
  OffHeap(int size) {
    this(ByteBuffer.allocateDirect(size));
  }

  private OffHeap(ByteBuffer buffer) {
    this(buffer, MemorySegment.ofBuffer(buffer));
  }
}
