package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.platform.FileRanges;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Reads a VM image into a directory: `disk.img` (sparse), `config.json`, `nvram.bin`,
/// `manifest.json`, and `chunks.bin`, what is known of the disk. Every blob and every slice is
/// checked against its digest. Memory is a few MiB for each thread and 30 bytes for each 64 KiB of
/// disk. In a directory that an interrupted pull of the same image left, it goes on.
public final class TartPull {
  /// A configuration or NVRAM beyond this is no such thing.
  private static final long SMALL = 64 << 20;

  /// What disks' slices are compressed to, when nothing tells.
  private static final int USUAL_RATIO = 3;

  private static final int ZERO_RATIO = 230;

  private static final int STREAMS = Math.max(4, Parallel.threads());

  private final Repository repository;
  private final TartManifest image;
  private final List<LocalDisk> here;
  private final Progress progress;
  private Optional<LocalDisks> locals = Optional.empty();
  private Optional<ChunkArtifact> chunks = Optional.empty();

  public TartPull(Repository repository, Manifest manifest, Progress progress) {
    this(repository, manifest, List.of(), progress);
  }

  /// @param here images of this host that parts of it may be taken from
  public TartPull(
      Repository repository, Manifest manifest, List<LocalDisk> here, Progress progress) {
    this.repository = repository;
    this.image = TartManifest.of(manifest, "The image " + manifest.digest());
    this.here = here;
    this.progress = progress;
  }

  /// Bytes that the image will take up on the disk: told by its chunk indexes, else estimated.
  public long allocates() throws IOException {
    Optional<LocalDisk> whole = locals().whole(image);
    if (whole.isPresent() && whole.get().linkable()) {
      return 0;
    }
    return image.disk().stream()
        .filter(slice -> !slice.hole())
        .mapToLong(slice -> chunks().data(slice).orElseGet(() -> estimate(slice)))
        .sum();
  }

  /// What is left of the blob without what zeros take in it, decompressed.
  private static long estimate(DiskSlice slice) {
    long data = Math.max(0, slice.blob().size() - slice.size() / ZERO_RATIO);
    return Math.min(slice.size(), data * USUAL_RATIO);
  }

  /// @throws CorruptData when a digest or a frame is wrong; the directory then holds what was right
  public void into(Path directory) throws IOException {
    progress.total(image.size());
    small(image.config(), "VM configuration", directory.resolve("config.json"));
    small(image.nvram(), "NVRAM", directory.resolve("nvram.bin"));
    Optional<LocalDisk> whole = locals().whole(image);
    if (whole.isPresent() && shared(whole.get(), directory)) {
      reuse(Progress.Reuse.SLICES, image.disk());
    } else {
      disk(directory, locals());
    }
    put(directory.resolve("manifest.json"), image.manifest().raw());
  }

  private LocalDisks locals() throws IOException {
    if (locals.isEmpty()) {
      locals = Optional.of(new LocalDisks(here));
    }
    return locals.get();
  }

  private ChunkArtifact chunks() {
    if (chunks.isEmpty()) {
      chunks = Optional.of(ChunkArtifact.of(repository, image.manifest(), progress));
    }
    return chunks.get();
  }

  /// A second name for a disk file that is the one wanted, or a clone of it, with a record.
  private boolean shared(LocalDisk from, Path directory) throws IOException {
    Path disk = directory.resolve("disk.img");
    List<DiskRecord.Slice> slices = new ArrayList<>();
    Files.deleteIfExists(disk);
    try {
      if (!(from.linkable() ? linked(from, disk) : FileRanges.share(from.disk(), disk))) {
        return false;
      }
      // Only now: another image may have taken its place, or a hypervisor may have written to it.
      Path of = from.linkable() ? disk : from.disk();
      if (!DiskRecord.read(from.directory(), of, slices::add)
          || !LocalDisks.is(image, Files.size(disk), slices)) {
        Files.delete(disk);
        return false;
      }
    } catch (FileSystemException | UnsupportedOperationException e) {
      Files.deleteIfExists(disk);
      return false;
    }
    try (DiskRecord.Writer record = DiskRecord.sealed(directory)) {
      for (DiskRecord.Slice slice : slices) {
        record.slice(slice);
      }
    }
    return true;
  }

  private static boolean linked(LocalDisk from, Path disk) throws IOException {
    Files.createLink(disk, from.disk());
    return true;
  }

  private void disk(Path directory, LocalDisks locals) throws IOException {
    Set<Long> left = new HashSet<>();
    DiskRecord.read(directory, slice -> left.add(slice.offset()));
    boolean apart = image.disk().stream().allMatch(s -> s.offset() % TartManifest.SLICE == 0);
    try (DiskTarget target =
            new DiskTarget(directory.resolve("disk.img"), image.diskSize(), apart);
        DiskRecord.Writer journal = DiskRecord.append(directory);
        ExecutorService ahead = Executors.newCachedThreadPool()) {
      List<DiskSlice> zeros = image.disk().stream().filter(DiskSlice::hole).toList();
      for (DiskSlice slice : zeros) {
        if (left.add(slice.offset())) {
          journal.slice(SliceReader.zeroSlice(slice.offset()));
        }
      }
      reuse(Progress.Reuse.ZEROS, zeros);
      List<DiskSlice> slices =
          image.disk().stream()
              .filter(slice -> !slice.hole())
              .sorted(Comparator.comparingLong((DiskSlice s) -> s.blob().size()).reversed())
              .toList();
      SlicePull pull = plan(slices, target, locals, left, ahead);
      Parallel.run(
          "pull " + repository.name(),
          STREAMS,
          slices.stream()
              .<Callable<Boolean>>map(slice -> () -> one(pull, slice, left, journal))
              .toList());
      target.force();
      journal.seal();
    }
  }

  private static boolean one(
      SlicePull pull, DiskSlice slice, Set<Long> left, DiskRecord.Writer journal)
      throws IOException {
    DiskRecord.Slice made = pull.pull(slice);
    if (!left.contains(slice.offset())) {
      journal.slice(made);
    }
    return true;
  }

  /// Reads the chunk indexes of what may be made of blocks, and finds those blocks.
  private SlicePull plan(
      List<DiskSlice> slices,
      DiskTarget target,
      LocalDisks locals,
      Set<Long> left,
      ExecutorService ahead)
      throws IOException {
    Map<Long, SliceIndex> indexes = new ConcurrentHashMap<>();
    WantedBlocks found = new WantedBlocks();
    List<DiskSlice> missing = new ArrayList<>();
    for (DiskSlice slice : slices) {
      boolean some = !locals.isEmpty() || target.touched(slice.offset(), slice.size());
      if (some && !left.contains(slice.offset()) && locals.slice(slice).isEmpty()) {
        missing.add(slice);
      }
    }
    if (!missing.isEmpty()) {
      ChunkArtifact chunks = chunks();
      Parallel.run(
          "read the chunk indexes of " + repository.name(),
          STREAMS,
          missing.stream()
              .<Callable<Boolean>>map(
                  slice ->
                      () -> {
                        chunks
                            .index(slice, progress)
                            .ifPresent(index -> indexes.put(slice.offset(), index));
                        return true;
                      })
              .toList());
      indexes.values().forEach(index -> index.each(found::want));
      missing.removeIf(slice -> !indexes.containsKey(slice.offset()));
      if (!missing.isEmpty()) {
        locals.find(found, missing);
      }
    }
    return new SlicePull(repository, target, locals, left, indexes, found, ahead, progress);
  }

  private void reuse(Progress.Reuse how, List<DiskSlice> slices) {
    long bytes = slices.stream().mapToLong(slice -> slice.blob().size()).sum();
    progress.advance(bytes);
    progress.reused(how, bytes);
  }

  private void small(Descriptor blob, String what, Path file) throws IOException {
    if (blob.size() > SMALL) {
      throw new CorruptData("The " + what, "it claims to have " + blob.size() + " bytes");
    }
    if (Files.exists(file) && Digest.of(file).equals(blob.digest())) {
      progress.advance(blob.size());
      progress.reused(Progress.Reuse.RESUMED, blob.size());
      return;
    }
    byte[] bytes = bytes(blob);
    if (!Digest.of(bytes).equals(blob.digest()) && repository.distrust(blob.digest())) {
      bytes = bytes(blob);
    }
    Digest actual = Digest.of(bytes);
    if (!actual.equals(blob.digest())) {
      throw new CorruptData(
          "The blob " + blob.digest() + " of " + repository.name(), "its bytes have " + actual);
    }
    progress.moved(bytes.length);
    progress.advance(bytes.length);
    put(file, bytes);
  }

  /// A file of its own: what is there may be an image's as well.
  private static void put(Path file, byte[] bytes) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.write(fresh, bytes);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private byte[] bytes(Descriptor blob) throws IOException {
    try (InputStream in = repository.blob(blob.digest(), 0)) {
      return in.readNBytes((int) blob.size() + 1);
    }
  }
}
