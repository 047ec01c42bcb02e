package dev.bakehouse.oci;

import dev.bakehouse.platform.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Compresses slices, each in one pass over its data that gives its digests and chunk index too.
/// Pieces of a slice are compressed by all cores, so that the last slice leaves none idle. Safe for
/// several threads.
final class SliceCompressor implements AutoCloseable {
  private static final int BLOCKS = 8;
  private static final int IN_FLIGHT = 4;

  private final ExecutorService pool = Executors.newFixedThreadPool(Parallel.threads());

  /// A slice's blob in a file, and what it is.
  record Compressed(CompressedSlice slice, SliceIndex index) {}

  Compressed compress(SliceReader in, long offset, long length, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      Run run = new Run(out, length);
      in.read(offset, length, run::take);
      return run.finish();
    } catch (ExecutionException e) {
      throw new IOException("could not compress a slice", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }

  private static final class Piece implements Callable<Piece> {
    final byte[] raw = new byte[BLOCKS * Blocks.SIZE];
    final byte[] packed = new byte[BLOCKS * AppleLz4Writer.LARGEST_FRAME];
    final long[] hashes = new long[BLOCKS];
    final int[] lengths = new int[BLOCKS];
    int size;
    int packedSize;

    int blocks() {
      return Blocks.count(size);
    }

    @Override
    public Piece call() {
      packedSize = 0;
      for (int i = 0; i < blocks(); i++) {
        int at = i * Blocks.SIZE;
        int n = Math.min(Blocks.SIZE, size - at);
        hashes[i] = Blocks.hash(raw, at, n);
        lengths[i] = AppleLz4Writer.frame(raw, at, n, packed, packedSize);
        packedSize += lengths[i];
      }
      return this;
    }
  }

  private final class Run {
    private final OutputStream out;
    private final long size;
    private final MessageDigest content = Sha256.bulk();
    private final MessageDigest blob = Sha256.bulk();
    private final Deque<Future<Piece>> inFlight = new ArrayDeque<>();
    private final Deque<Piece> free = new ArrayDeque<>();
    private final long[] hashes;
    private final int[] lengths;
    private Piece piece = new Piece();
    private int block;
    private long blobSize;

    Run(OutputStream out, long size) {
      this.out = out;
      this.size = size;
      this.hashes = new long[Blocks.count(size)];
      this.lengths = new int[hashes.length];
    }

    void take(byte[] bytes, int offset, int length) throws IOException {
      content.update(bytes, offset, length);
      try {
        for (int at = 0; at < length; ) {
          int n = Math.min(length - at, piece.raw.length - piece.size);
          System.arraycopy(bytes, offset + at, piece.raw, piece.size, n);
          piece.size += n;
          at += n;
          if (piece.size == piece.raw.length) {
            send();
          }
        }
      } catch (ExecutionException | InterruptedException e) {
        throw new IOException("could not compress a slice", e);
      }
    }

    private void send() throws IOException, ExecutionException, InterruptedException {
      inFlight.add(pool.submit(piece));
      Piece spare = free.poll();
      if (spare == null && inFlight.size() < IN_FLIGHT) {
        spare = new Piece();
      }
      piece = spare == null ? drain() : spare;
      piece.size = 0;
    }

    /// Writes the oldest piece; it is free afterwards.
    private Piece drain() throws IOException, ExecutionException, InterruptedException {
      Piece done = inFlight.remove().get();
      blob.update(done.packed, 0, done.packedSize);
      out.write(done.packed, 0, done.packedSize);
      blobSize += done.packedSize;
      System.arraycopy(done.hashes, 0, hashes, block, done.blocks());
      System.arraycopy(done.lengths, 0, lengths, block, done.blocks());
      block += done.blocks();
      return done;
    }

    Compressed finish() throws IOException, ExecutionException, InterruptedException {
      if (piece.size > 0) {
        send();
      }
      while (!inFlight.isEmpty()) {
        free.add(drain());
      }
      byte[] end = AppleLz4Writer.end();
      blob.update(end);
      out.write(end);
      CompressedSlice slice =
          new CompressedSlice(
              Digest.finish(content), size, Digest.finish(blob), blobSize + end.length);
      return new Compressed(slice, SliceIndex.of(hashes, lengths));
    }
  }
}
