package dev.bakehouse.coordinator;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;

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
      throw new UncheckedIOException(e);
    }
  }

  void write(String job, int sequence, long offset, byte[] bytes) throws IOException {
    if (bytes.length > LIMIT - offset) {
      throw new HttpError(413, "The log is larger than " + LIMIT + " bytes");
    }
    Job row = core.database().read(tx -> Job.get(tx, job));
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
    // No chunk is larger than the limit, so none that begins further up reaches this far.
    List<Piece> pieces =
        core.database()
            .read(
                tx ->
                    tx.list(
                        "SELECT start, size FROM chunks WHERE job=? AND start>? AND start+size>?"
                            + " ORDER BY start LIMIT 64",
                        row -> new Piece(row.getLong(1), row.getLong(2)),
                        job,
                        from - JobApi.CHUNK_LIMIT,
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
      throw new UncheckedIOException(e);
    }
    return new Part(buffer.array(), end);
  }

  /// Where what has come of a log ends, in bytes.
  long size(String job) {
    return core.database()
        .read(
            tx ->
                tx.one(
                        "SELECT coalesce(max(start+size), 0) FROM chunks WHERE job=?",
                        row -> row.getLong(1),
                        job)
                    .orElse(0L));
  }

  /// The whole log as it is now, for logs that fit into memory.
  byte[] all(String job) {
    try (InputStream in = stream(job)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The whole log as it is now, read as it is asked for.
  InputStream stream(String job) {
    return new InputStream() {
      private Part part = new Part(new byte[0], 0);
      private int at;

      @Override
      public int read() {
        return more() ? part.bytes[at++] & 0xff : -1;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) {
        if (length == 0) {
          return 0;
        }
        if (!more()) {
          return -1;
        }
        int count = Math.min(length, part.bytes.length - at);
        System.arraycopy(part.bytes, at, buffer, offset, count);
        at += count;
        return count;
      }

      private boolean more() {
        if (at == part.bytes.length) {
          part = Logs.this.read(job, part.next, true);
          at = 0;
        }
        return part.bytes.length > 0;
      }
    };
  }

  /// The log as text.
  Reply text(String job) {
    return new Reply.Stream(
        0,
        "text/plain; charset=utf-8",
        out -> {
          try (InputStream in = stream(job)) {
            in.transferTo(out);
          }
        },
        Map.of());
  }

  /// The log as `content` of an object, beside more fields of it.
  Reply json(String job, Map<String, Object> more) {
    return new Reply.Stream(
        0,
        "application/json",
        out -> {
          try (InputStream in = stream(job);
              JsonGenerator json = Json.MAPPER.createGenerator(out)) {
            json.configure(StreamWriteFeature.AUTO_CLOSE_TARGET, false);
            CountedStream counted = new CountedStream(in);
            json.writeStartObject();
            json.writeName("content");
            json.writeString(new InputStreamReader(counted, StandardCharsets.UTF_8), -1);
            json.writeNumberProperty("size", counted.count());
            for (Map.Entry<String, Object> field : more.entrySet()) {
              json.writeName(field.getKey());
              json.writePOJO(field.getValue());
            }
            json.writeEndObject();
          }
        },
        Map.of());
  }

  private Path file(String job) {
    return directory.resolve(job + ".log");
  }
}
