package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.platform.FileRanges;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;

/// Puts one slice in its place from the nearest source that has it: what an interrupted pull left,
/// an image of this host, blocks of such images and ranges of the blob, the whole blob. Whatever
/// the source, the slice's SHA-256 is checked.
final class SlicePull {
  private final Repository repository;
  private final DiskTarget target;
  private final LocalDisks locals;
  private final Set<Long> left;
  private final Map<Long, SliceIndex> indexes;
  private final WantedBlocks found;
  private final Executor ahead;
  private final Progress progress;

  /// @param left offsets of slices that an interrupted pull had finished
  /// @param indexes by offset, of slices that may be made of blocks
  /// @param ahead reads what will be needed soon; as many threads as it is asked for
  SlicePull(
      Repository repository,
      DiskTarget target,
      LocalDisks locals,
      Set<Long> left,
      Map<Long, SliceIndex> indexes,
      WantedBlocks found,
      Executor ahead,
      Progress progress) {
    this.repository = repository;
    this.target = target;
    this.locals = locals;
    this.left = left;
    this.indexes = indexes;
    this.found = found;
    this.ahead = ahead;
    this.progress = progress;
  }

  DiskRecord.Slice pull(DiskSlice slice) throws IOException {
    if (left.contains(slice.offset())) {
      Optional<DiskRecord.Slice> checked = checked(slice);
      if (checked.isPresent()) {
        return reused(slice, Progress.Reuse.RESUMED, checked.get());
      }
    }
    Optional<LocalDisks.Place> place = locals.slice(slice);
    if (place.isPresent() && copied(slice, place.get())) {
      Optional<DiskRecord.Slice> checked = checked(slice);
      if (checked.isPresent()) {
        return reused(slice, Progress.Reuse.SLICES, checked.get());
      }
      progress.note(
          "the image %s is not what its record says at byte %,d: `bakehouse image verify`"
              .formatted(locals.disk(place.get().disk()).name(), place.get().offset()));
    }
    SliceIndex index = indexes.get(slice.offset());
    if (index != null) {
      Optional<DiskRecord.Slice> made = delta(slice, index);
      if (made.isPresent()) {
        return made.get();
      }
    }
    WholeSlice whole = new WholeSlice(repository, slice, target, progress);
    try {
      return whole.pull();
    } catch (CorruptData e) {
      if (repository.distrust(slice.blob().digest())) {
        return whole.pull();
      }
      throw e;
    }
  }

  private Optional<DiskRecord.Slice> delta(DiskSlice slice, SliceIndex index) throws IOException {
    DeltaSlice delta = new DeltaSlice(slice, index, target, locals, found);
    if (delta.missing() > slice.blob().size() / 4 * 3) {
      return Optional.empty();
    }
    Digest digest = slice.blob().digest();
    try (BlobBlocks blob =
        new BlobBlocks(repository, digest, index, delta.needed(), ahead, progress)) {
      Optional<DiskRecord.Slice> made = Optional.of(delta.assemble(blob)).filter(slice::is);
      long saved = Math.max(0, slice.blob().size() - blob.moved());
      progress.advance(saved);
      progress.reused(Progress.Reuse.BLOCKS, saved);
      if (made.isEmpty()) {
        progress.note(
            "the blocks of %s do not make the slice: it moves whole; images it shares blocks with may be damaged: `bakehouse image verify`"
                .formatted(digest));
        boolean _ = repository.distrust(digest);
      }
      return made;
    } catch (AppleLz4Reader.BadFrame | EOFException e) {
      progress.note("the chunk index of " + digest + " is wrong: " + e.getMessage());
      boolean _ = repository.distrust(digest);
      return Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /// False when the image was deleted meanwhile.
  private boolean copied(DiskSlice slice, LocalDisks.Place place) throws IOException {
    try (FileRanges ranges = locals.into(place.disk(), target.disk())) {
      ranges.copy(place.offset(), slice.offset(), slice.size());
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private Optional<DiskRecord.Slice> checked(DiskSlice slice) throws IOException {
    DiskRecord.Slice made = target.reader().slice(slice.offset(), slice.size());
    return Optional.of(made).filter(slice::is);
  }

  private DiskRecord.Slice reused(DiskSlice slice, Progress.Reuse how, DiskRecord.Slice made) {
    progress.advance(slice.blob().size());
    progress.reused(how, slice.blob().size());
    return made;
  }
}
