package dev.bakehouse.oci;

import dev.bakehouse.oci.SliceCompressor.Compressed;
import dev.bakehouse.platform.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// Sees to it that a repository has the slices of a disk: what it has, what an interrupted push had
/// compressed, else compressed now, those with the most data first, while earlier ones are on their
/// way up.
final class DiskPush implements AutoCloseable {
  private static final int UPLOADS = 4;

  /// Compressed slices that lie in staging at once.
  private static final int STAGED = Parallel.threads() + 2 * UPLOADS;

  private final Repository repository;
  private final KnownSlices known;
  private final PushStaging staging;
  private final Progress progress;
  private final SliceCompressor compressor = new SliceCompressor();
  private final ExecutorService uploads = Executors.newFixedThreadPool(UPLOADS);
  private final Semaphore staged = new Semaphore(STAGED);
  private final Map<Digest, Future<PushedSlice>> made = new HashMap<>();
  private Optional<PushedSlice> zeros = Optional.empty();

  /// An upload that failed: the rest need not be tried.
  private volatile @Nullable Future<PushedSlice> failed;

  DiskPush(Repository repository, KnownSlices known, PushStaging staging, Progress progress) {
    this.repository = repository;
    this.known = known;
    this.staging = staging;
    this.progress = progress;
  }

  /// A part of the disk.
  ///
  /// @param data bytes not in holes
  /// @param content when the disk's record tells
  /// @param before what it was before the disk was last written to, when that is all there is
  private record Part(
      long offset,
      long size,
      long data,
      Optional<Digest> content,
      Optional<DiskRecord.Slice> before) {}

  /// @return the slices in the disk's order
  List<PushedSlice> push(Path directory) throws IOException {
    Map<Long, DiskRecord.Slice> recorded = new HashMap<>();
    boolean fits = DiskRecord.read(directory, slice -> recorded.put(slice.offset(), slice));
    try (SliceReader in = new SliceReader(directory.resolve("disk.img"));
        DiskRecord.Writer record =
            fits ? DiskRecord.append(directory) : DiskRecord.sealed(directory)) {
      List<Part> parts = parts(in, recorded, fits);
      List<Part> largestFirst =
          parts.stream().sorted(Comparator.comparingLong(Part::data).reversed()).toList();
      String doing = "push to " + repository.name();
      List<Future<PushedSlice>> pushed =
          Parallel.run(
              doing,
              largestFirst.stream()
                  .<Callable<Future<PushedSlice>>>map(part -> () -> push(in, part, record))
                  .toList());
      Map<Long, PushedSlice> stored = new TreeMap<>();
      for (int i = 0; i < pushed.size(); i++) {
        stored.put(largestFirst.get(i).offset(), result(doing, pushed.get(i)));
      }
      if (!DiskRecord.fits(directory)) {
        throw new UserError(
            "The disk of " + directory + " changed while it was pushed; nothing was tagged",
            "Stop what writes to it and push again.");
      }
      return List.copyOf(stored.values());
    }
  }

  private static List<Part> parts(
      SliceReader in, Map<Long, DiskRecord.Slice> recorded, boolean fits) throws IOException {
    List<Part> parts = new ArrayList<>();
    long size = in.size();
    for (long offset = 0; offset < size; offset += TartManifest.SLICE) {
      long length = Math.min(TartManifest.SLICE, size - offset);
      Optional<DiskRecord.Slice> old =
          Optional.ofNullable(recorded.get(offset)).filter(s -> s.size() == length);
      parts.add(
          new Part(
              offset,
              length,
              in.data(offset, length),
              old.filter(_ -> fits).map(DiskRecord.Slice::content),
              old.filter(_ -> !fits)));
    }
    return parts;
  }

  private Future<PushedSlice> push(SliceReader in, Part part, DiskRecord.Writer record)
      throws IOException {
    Future<PushedSlice> before = failed;
    if (before != null) {
      return before;
    }
    Optional<DiskRecord.Slice> told =
        part.content().isPresent() ? Optional.empty() : unchanged(in, part);
    if (told.isPresent()) {
      record.slice(told.get());
    }
    Optional<Digest> content = part.content().or(() -> told.map(DiskRecord.Slice::content));
    if (content.isPresent()) {
      Optional<Future<PushedSlice>> there = there(part, content.get());
      if (there.isPresent()) {
        return there.get();
      }
    }
    return compress(in, part, content, record);
  }

  /// A slice whose content can be told without all the work: zeros, or what it was before.
  private Optional<DiskRecord.Slice> unchanged(SliceReader in, Part part) throws IOException {
    if (in.isZeroSlice(part.offset(), part.size())) {
      return Optional.of(SliceReader.zeroSlice(part.offset()));
    }
    Optional<DiskRecord.Slice> before = part.before().filter(s -> known.has(s.content()));
    return before.isPresent() && in.is(before.get()) ? before : Optional.empty();
  }

  private Optional<Future<PushedSlice>> there(Part part, Digest content) throws IOException {
    boolean zero = content.equals(TartManifest.ZERO_SLICE);
    Optional<KnownSlices.Found> found = known.find(content, part.size());
    if (found.isPresent()) {
      done(part, zero ? Progress.Reuse.ZEROS : Progress.Reuse.SLICES);
      return Optional.of(
          CompletableFuture.completedFuture(
              new PushedSlice(found.get().blob(), zero ? Optional.empty() : found.get().index())));
    }
    if (zero) {
      done(part, Progress.Reuse.ZEROS);
      return Optional.of(CompletableFuture.completedFuture(zeros()));
    }
    Optional<Compressed> kept = staging.find(content, part.size());
    if (kept.isPresent()
        && (repository.hasBlob(kept.get().slice().descriptor())
            || staging.holds(kept.get().slice()))) {
      staged.acquireUninterruptibly();
      return Optional.of(upload(kept.get(), part, Progress.Reuse.RESUMED));
    }
    return Optional.empty();
  }

  private void done(Part part, Progress.Reuse how) {
    progress.advance(part.size());
    progress.reused(how, part.size());
  }

  private Future<PushedSlice> compress(
      SliceReader in, Part part, Optional<Digest> content, DiskRecord.Writer record)
      throws IOException {
    staged.acquireUninterruptibly();
    boolean handed = false;
    Path file = staging.fresh();
    try {
      Compressed now = compressor.compress(in, part.offset(), part.size(), file);
      Digest actual = now.slice().content();
      if (content.isPresent() && !content.get().equals(actual)) {
        throw new UserError(
            "The disk is not what its record says at byte %,d: it has %s, expected %s"
                .formatted(part.offset(), actual, content.get()),
            "The image is damaged: `bakehouse image verify`, then pull or build it again.");
      }
      if (content.isEmpty()) {
        record.slice(
            new DiskRecord.Slice(part.offset(), part.size(), actual, now.index().hashes()));
        Optional<KnownSlices.Found> found = known.find(actual, part.size());
        if (found.isPresent()) {
          done(part, Progress.Reuse.SLICES);
          return CompletableFuture.completedFuture(
              new PushedSlice(found.get().blob(), found.get().index()));
        }
      }
      synchronized (made) {
        Future<PushedSlice> same = made.get(actual);
        if (same != null) {
          done(part, Progress.Reuse.SLICES);
          return same;
        }
        staging.keep(file, now);
        handed = true;
        made.put(actual, upload(now, part, Progress.Reuse.SLICES));
        return made.get(actual);
      }
    } finally {
      Files.deleteIfExists(file);
      if (!handed) {
        staged.release();
      }
    }
  }

  /// @param there why it is not sent, when the repository has it
  private Future<PushedSlice> upload(Compressed slice, Part part, Progress.Reuse there) {
    return uploads.submit(
        () -> {
          try {
            return stored(slice, part, there);
          } catch (IOException | RuntimeException e) {
            failed = CompletableFuture.failedFuture(e);
            throw e;
          } finally {
            staged.release();
          }
        });
  }

  private PushedSlice stored(Compressed slice, Part part, Progress.Reuse there) throws IOException {
    CompressedSlice blob = slice.slice();
    if (repository.hasBlob(blob.descriptor())) {
      done(part, there);
    } else {
      SentBytes sent = new SentBytes(progress, blob);
      repository.writeBlob(blob.blob(), staging.blob(blob.content()), sent);
      sent.end();
    }
    byte[] index = slice.index().encode();
    Descriptor chunks =
        ChunkArtifact.descriptor(blob.blob(), index, slice.index().data(blob.size()));
    Blobs.write(repository, chunks.digest(), index, progress);
    staging.sent(blob.content());
    return new PushedSlice(blob.descriptor(), Optional.of(chunks));
  }

  /// A full slice of zeros; there may be many, of which one is sent.
  private synchronized PushedSlice zeros() throws IOException {
    if (zeros.isEmpty()) {
      ByteArrayOutputStream blob = new ByteArrayOutputStream();
      AppleLz4Writer writer = new AppleLz4Writer(blob);
      byte[] block = new byte[Blocks.SIZE];
      for (long at = 0; at < TartManifest.SLICE; at += Blocks.SIZE) {
        writer.write(block, 0, Blocks.SIZE);
      }
      writer.finish();
      byte[] bytes = blob.toByteArray();
      CompressedSlice slice =
          new CompressedSlice(
              TartManifest.ZERO_SLICE, TartManifest.SLICE, Digest.of(bytes), bytes.length);
      if (!repository.hasBlob(slice.descriptor())) {
        Blobs.write(repository, slice.blob(), bytes, progress);
      }
      zeros = Optional.of(new PushedSlice(slice.descriptor(), Optional.empty()));
    }
    return zeros.get();
  }

  private static PushedSlice result(String doing, Future<PushedSlice> slice) {
    List<PushedSlice> one = Parallel.run(doing, 1, List.of(slice::get));
    return one.getFirst();
  }

  @Override
  public void close() {
    uploads.shutdownNow();
    compressor.close();
  }
}
