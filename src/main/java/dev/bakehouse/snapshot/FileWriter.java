package dev.bakehouse.snapshot;

import dev.bakehouse.platform.DirectoryListing;
import dev.bakehouse.platform.Posix;
import dev.bakehouse.platform.PosixFile;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.snapshot.PartReader.Sink;
import dev.bakehouse.snapshot.PartReader.Wanted;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Writes files of their parts, by any number of threads.
final class FileWriter implements Sink<FileWriter.Target> {
  /// Zeros of so many bytes in a large file become a hole.
  private static final int HOLE = 64 << 10;

  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[HOLE]);

  private final String top;
  private final boolean existing;
  private final String temporary = ".bakehouse-" + UUID.randomUUID() + "-";
  private final AtomicInteger number = new AtomicInteger();
  private final AtomicLong count = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final List<String> lost = Collections.synchronizedList(new ArrayList<>());

  /// @param existing whether the directory was there: nothing is written under its own name then
  FileWriter(String top, boolean existing) {
    this.top = top;
    this.existing = existing;
  }

  /// A file on its way.
  ///
  /// @param place where it will be
  /// @param written where it is written, which may be the same
  /// @param missing parts that are neither written nor lost
  record Target(File file, String place, String written, AtomicInteger missing, AtomicInteger bad) {
    boolean large() {
      return file.size() > Part.LARGEST;
    }
  }

  /// Files of no part are written at once.
  Target target(Entry entry) throws IOException {
    File file = (File) entry.node();
    String place = top + "/" + file.path();
    int name = place.lastIndexOf('/') + 1;
    String written =
        existing ? place.substring(0, name) + temporary + number.getAndIncrement() : place;
    int parts = entry.parts().size();
    Target target = new Target(file, place, written, new AtomicInteger(parts), new AtomicInteger());
    if (parts == 0) {
      small(target, ZEROS.asSlice(0, 0));
    } else if (target.large()) {
      int out = PosixFile.create(written);
      try {
        PosixFile.size(out, file.size(), written);
      } finally {
        PosixFile.close(out);
      }
    }
    return target;
  }

  @Override
  public void part(Wanted<Target> wanted, MemorySegment part) throws IOException {
    Target target = wanted.of();
    bytes.addAndGet(part.byteSize());
    if (!target.large()) {
      small(target, part);
      return;
    }
    int out = PosixFile.openWrite(target.written());
    try {
      sparse(target, out, (long) wanted.index() * Part.LARGEST, part);
    } finally {
      PosixFile.close(out);
    }
    done(target);
  }

  @Override
  public void lost(Wanted<Target> wanted, String why) throws IOException {
    Target target = wanted.of();
    if (target.bad().getAndIncrement() == 0) {
      lost(target.file().path(), why);
    }
    done(target);
  }

  void lost(String path, String why) {
    lost.add(Posix.shown(path) + ": " + why);
  }

  private void small(Target target, MemorySegment content) throws IOException {
    int out = PosixFile.create(target.written());
    try {
      PosixFile.write(out, 0, content, target.written());
      PosixFile.stamp(out, target.file().mode(), target.file().mtime(), target.written());
    } finally {
      PosixFile.close(out);
    }
    inPlace(target);
  }

  private static void sparse(Target target, int out, long offset, MemorySegment part)
      throws IOException {
    for (long done = 0; done < part.byteSize(); done += HOLE) {
      MemorySegment piece = part.asSlice(done, Math.min(HOLE, part.byteSize() - done));
      if (piece.mismatch(ZEROS.asSlice(0, piece.byteSize())) >= 0) {
        PosixFile.write(out, offset + done, piece, target.written());
      }
    }
  }

  private void done(Target target) throws IOException {
    if (target.missing().decrementAndGet() > 0) {
      return;
    }
    if (target.bad().get() == 0) {
      int out = PosixFile.openWrite(target.written());
      try {
        PosixFile.stamp(out, target.file().mode(), target.file().mtime(), target.written());
      } finally {
        PosixFile.close(out);
      }
      inPlace(target);
      return;
    }
    if (target.large()) {
      Posix.remove(target.written());
    }
    try {
      Posix.remove(target.place());
    } catch (NoSuchFileException e) {
      // No other file had that name.
    }
  }

  private void inPlace(Target target) throws IOException {
    if (existing) {
      Posix.rename(target.written(), target.place());
    }
    count.incrementAndGet();
  }

  /// Corrects the mode and the time of a file whose content is right.
  ///
  /// @return whether it could: what has other names, which may lie outside, stays as it is
  boolean stamp(File file, @Nullable File there) throws IOException {
    String place = top + "/" + file.path();
    if (there != null && there.mode() == file.mode() && there.mtime() == file.mtime()) {
      return true;
    }
    if (DirectoryListing.stat(place).links() > 1) {
      return false;
    }
    if (there == null || there.mode() != file.mode()) {
      Posix.mode(place, file.mode());
    }
    if (there == null || there.mtime() != file.mtime()) {
      Posix.time(place, file.mtime());
    }
    return true;
  }

  long count() {
    return count.get();
  }

  long bytes() {
    return bytes.get();
  }

  List<String> lost() {
    return List.copyOf(lost);
  }
}
