package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.platform.FileRanges;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the images of this host have, by slice and by block. One that is deleted meanwhile has
/// nothing, and one that is replaced is found out: by its record, or by the slices' digests.
final class LocalDisks {
  /// A slice of a local disk.
  ///
  /// @param disk its number here
  record Place(int disk, long offset) {}

  /// @param recorded whether its record is of the disk as it is; else only its manifest tells
  private record Known(LocalDisk disk, long size, List<Part> parts, boolean recorded) {}

  private record Part(long offset, long size, Digest content) {
    static Part of(DiskSlice slice) {
      return new Part(slice.offset(), slice.size(), slice.content());
    }

    static Part of(DiskRecord.Slice slice) {
      return new Part(slice.offset(), slice.size(), slice.content());
    }
  }

  private final List<Known> all = new ArrayList<>();
  private final Map<Digest, Place> slices = new HashMap<>();

  LocalDisks(List<LocalDisk> disks) throws IOException {
    for (LocalDisk disk : disks) {
      try {
        Known known = known(disk);
        known
            .parts()
            .forEach(p -> slices.putIfAbsent(p.content(), new Place(all.size(), p.offset())));
        all.add(known);
      } catch (NoSuchFileException e) {
        // Deleted meanwhile: nothing to be had from it.
      }
    }
  }

  private static Known known(LocalDisk disk) throws IOException {
    long size = Files.size(disk.disk());
    List<Part> parts = new ArrayList<>();
    boolean recorded = DiskRecord.read(disk.directory(), slice -> parts.add(Part.of(slice)));
    if (!recorded) {
      parts.clear();
      parts.addAll(ofManifest(disk));
    }
    return new Known(disk, size, parts, recorded);
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  LocalDisk disk(int number) {
    return all.get(number).disk();
  }

  /// An image whose disk is known to be exactly the one wanted.
  Optional<LocalDisk> whole(TartManifest image) {
    return all.stream()
        .filter(known -> known.recorded() && isOf(image, known.size(), known.parts()))
        .map(Known::disk)
        .findFirst();
  }

  /// Whether a disk of these slices is exactly the one wanted.
  static boolean is(TartManifest image, long size, List<DiskRecord.Slice> slices) {
    return isOf(image, size, slices.stream().map(Part::of).toList());
  }

  private static boolean isOf(TartManifest image, long size, List<Part> parts) {
    List<Part> wanted = image.disk().stream().map(Part::of).toList();
    return size == image.diskSize() && parts.size() == wanted.size() && parts.containsAll(wanted);
  }

  Optional<Place> slice(DiskSlice wanted) {
    return Optional.ofNullable(slices.get(wanted.content()));
  }

  /// Notes where the wanted blocks are. Of a disk that has no record, the slices at the offsets
  /// given are read.
  void find(WantedBlocks wanted, List<DiskSlice> at) throws IOException {
    for (int i = 0; i < all.size(); i++) {
      Known known = all.get(i);
      int number = i;
      try {
        if (known.recorded()) {
          DiskRecord.read(known.disk().directory(), slice -> note(wanted, number, slice));
        } else {
          read(wanted, number, known.disk().disk(), at);
        }
      } catch (NoSuchFileException e) {
        // Deleted meanwhile: nothing to be had from it.
      }
    }
  }

  private static void read(WantedBlocks wanted, int number, Path disk, List<DiskSlice> at)
      throws IOException {
    try (SliceReader reader = new SliceReader(disk)) {
      long size = reader.size();
      for (DiskSlice slice : at) {
        if (slice.offset() < size) {
          long length = Math.min(slice.size(), size - slice.offset());
          note(wanted, number, reader.slice(slice.offset(), length));
        }
      }
    }
  }

  private static void note(WantedBlocks wanted, int disk, DiskRecord.Slice slice) {
    if (slice.offset() % Blocks.SIZE != 0) {
      return;
    }
    long first = slice.offset() / Blocks.SIZE;
    for (int i = 0; i < slice.blocks().length; i++) {
      wanted.found(slice.blocks()[i], disk, first + i);
    }
  }

  SliceReader reader(int disk) throws IOException {
    return new SliceReader(all.get(disk).disk().disk());
  }

  FileRanges into(int disk, Path target) throws IOException {
    return FileRanges.between(all.get(disk).disk().disk(), target);
  }

  private static List<Part> ofManifest(LocalDisk disk) throws IOException {
    Path file = disk.directory().resolve("manifest.json");
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      Manifest manifest = Manifest.parse(Files.readAllBytes(file), file.toString());
      return TartManifest.of(manifest, file.toString()).disk().stream()
          .map(s -> new Part(s.offset(), s.size(), s.content()))
          .toList();
    } catch (UserError e) {
      return List.of();
    }
  }
}
