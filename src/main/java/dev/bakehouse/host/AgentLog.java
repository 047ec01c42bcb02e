package dev.bakehouse.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/// What one agent wrote into the log of its slot, which all agents of that append to.
final class AgentLog {
  /// Bytes at its end that hold what was written last.
  private static final int LAST = 1024;

  /// An agent that registers, however often it tries, has said so within this many bytes.
  private static final int FIRST = 64 << 10;

  private final Path file;
  private final long start;

  /// Of an agent that is about to be started.
  AgentLog(Path file) {
    this.file = file;
    long size = 0;
    try {
      size = Files.size(file);
    } catch (IOException e) {
      // It is the slot's first.
    }
    this.start = size;
  }

  /// What the agent wrote first; empty when that is not known.
  String first() {
    return read(FIRST, false);
  }

  /// The last line it wrote, without control characters; empty when that is not known.
  String lastWords() {
    return read(LAST, true)
        .lines()
        .map(line -> line.replaceAll("\\p{Cc}", "").strip())
        .filter(line -> !line.isEmpty())
        .reduce("", (_, line) -> line);
  }

  /// When something was written last.
  Optional<Instant> written() {
    try {
      return Optional.of(Files.getLastModifiedTime(file).toInstant());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private String read(int most, boolean end) {
    try (FileChannel log = FileChannel.open(file)) {
      // Somebody may have emptied it meanwhile.
      long from = log.size() < start ? 0 : start;
      ByteBuffer bytes = ByteBuffer.allocate(most);
      log.read(bytes, end ? Math.max(from, log.size() - most) : from);
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
