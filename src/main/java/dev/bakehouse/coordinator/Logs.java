package dev.bakehouse.coordinator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// Logs of jobs: one file each, written at the offsets the chunks name. A chunk counts when its
/// bytes are on disk and its row is in the database; chunks may come in any order.
final class Logs {
  static final int LIMIT = 1 << 30;

  private static final int MOST_AT_ONCE = 1 << 20;

  private final Core core;
  private final Path directory;

  private record Piece(long start, long size) {}

  Logs(Core core) {
    this.core = core;
    this.directory = core.config().state().resolve("logs");
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  void write(String job, int sequence, long offset, byte[] bytes) throws IOException {
    if (offset + bytes.length > LIMIT) {
      throw new HttpError(413, "The log is larger than " + LIMIT + " bytes");
    }
    Job row = core.database().call(tx -> Job.get(tx, job));
    if (!row.state().held()) {
      throw new HttpError(422, "The job does not run");
    }
    try (FileChannel file =
        FileChannel.open(file(job), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      long at = offset;
      while (buffer.hasRemaining()) {
        at += file.write(buffer, at);
      }
      file.force(false);
    }
    core.database()
        .run(
            tx ->
                tx.update(
                    "INSERT OR REPLACE INTO chunks VALUES (?,?,?,?)",
                    job,
                    sequence,
                    offset,
                    bytes.length));
  }

  /// A part of a log and where the next part begins.
  record Part(byte[] bytes, long next) {}

  /// What follows a position, up to the first byte that has not come; of an ended job what never
  /// came is left out. An empty part: nothing more now.
  Part read(String job, long from, boolean ended) {
    List<Piece> pieces =
        core.database()
            .call(
                tx ->
                    tx.list(
                        "SELECT start, size FROM chunks WHERE job=? AND start+size>? ORDER BY"
                            + " start LIMIT 64",
                        row -> new Piece(row.getLong(1), row.getLong(2)),
                        job,
                        from));
    long begin = from;
    if (ended && !pieces.isEmpty()) {
      begin = Math.max(from, pieces.getFirst().start);
    }
    long end = begin;
    for (Piece piece : pieces) {
      if (piece.start <= end) {
        end = Math.max(end, piece.start + piece.size);
      }
    }
    end = Math.min(end, begin + MOST_AT_ONCE);
    if (end == begin) {
      return new Part(new byte[0], from);
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) (end - begin));
    try (FileChannel file = FileChannel.open(file(job), StandardOpenOption.READ)) {
      int count = 0;
      while (buffer.hasRemaining() && count >= 0) {
        count = file.read(buffer, begin + buffer.position());
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return new Part(buffer.array(), end);
  }

  /// The whole log as it is now.
  byte[] all(String job) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    long at = 0;
    Part part = read(job, at, true);
    while (part.bytes.length > 0) {
      out.writeBytes(part.bytes);
      at = part.next;
      part = read(job, at, true);
    }
    return out.toByteArray();
  }

  private Path file(String job) {
    return directory.resolve(job + ".log");
  }
}
