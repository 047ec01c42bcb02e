package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;

/// Reads single blocks of a slice's blob, in order, by ranges. Short ranges are asked for before
/// they are needed, several at once: each costs a round trip, and little memory.
final class BlobBlocks implements AutoCloseable {
  private static final int BUFFER = 1 << 18;

  /// What is read whole and ahead; the bytes of a longer range take more time than its round trip.
  private static final int SHORT = 1 << 20;

  private static final int AHEAD = 4;

  private final Repository repository;
  private final Digest blob;
  private final SliceIndex index;
  private final Executor pool;
  private final Progress progress;
  private final BlockReader reader = new BlockReader();
  private final Deque<ByteRanges.Run> left;
  private final Deque<Range> asked = new ArrayDeque<>();
  private InputStream in = InputStream.nullInputStream();
  private int next;
  private int end;
  private long moved;

  private record Range(ByteRanges.Run run, FutureTask<InputStream> in) {}

  /// @param needed blocks that will be asked for
  /// @param pool where ranges are read ahead
  BlobBlocks(
      Repository repository,
      Digest blob,
      SliceIndex index,
      BitSet needed,
      Executor pool,
      Progress progress) {
    this.repository = repository;
    this.blob = blob;
    this.index = index;
    this.pool = pool;
    this.progress = progress;
    this.left = new ArrayDeque<>(ByteRanges.of(index, needed));
  }

  /// Bytes of the ranges so far.
  long moved() {
    return moved;
  }

  /// @param raw bytes of the block
  /// @return the block, until the next call
  byte[] block(int block, int raw) throws IOException {
    while (block >= end) {
      nextRange();
    }
    in.skipNBytes(index.start(block) - index.start(next));
    came(index.start(block + 1) - index.start(next));
    next = block + 1;
    byte[] bytes = reader.next(in, index.length(block), raw);
    if (Blocks.hash(bytes, 0, raw) != index.hash(block)) {
      throw new AppleLz4Reader.BadFrame("a block is not what the chunk index says");
    }
    return bytes;
  }

  private void nextRange() throws IOException {
    in.close();
    ask();
    Range range = asked.remove();
    next = range.run().from();
    end = range.run().to();
    if (isShort(range.run())) {
      ask();
    } else {
      range.in().run();
    }
    in = result(range.in());
  }

  /// Ranges whose turn comes soon.
  private void ask() {
    while (asked.size() < AHEAD && !left.isEmpty()) {
      ByteRanges.Run run = left.remove();
      Range range = new Range(run, new FutureTask<>(opening(run)));
      asked.add(range);
      if (isShort(run)) {
        pool.execute(range.in());
      }
    }
  }

  private boolean isShort(ByteRanges.Run run) {
    return run.length(index) <= SHORT;
  }

  private Callable<InputStream> opening(ByteRanges.Run run) {
    long length = run.length(index);
    return () -> {
      InputStream opened = repository.blob(blob, run.start(index), length);
      if (length > SHORT) {
        return new BufferedInputStream(opened, BUFFER);
      }
      try (opened) {
        return new ByteArrayInputStream(opened.readNBytes((int) length));
      }
    };
  }

  private InputStream result(FutureTask<InputStream> opening) throws IOException {
    try {
      return opening.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case UserError cause -> throw cause;
        case null, default -> throw new IOException("could not read a range of " + blob, e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a range of " + blob + " was read");
    }
  }

  private void came(long bytes) {
    moved += bytes;
    progress.moved(bytes);
    progress.advance(bytes);
  }

  @Override
  public void close() throws IOException {
    asked.forEach(range -> range.in().cancel(true));
    in.close();
  }
}
