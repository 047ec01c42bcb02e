package dev.bakehouse.image;

import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What happened to a host's images: `history.jsonl` in the store's work directory, one JSON object
/// a line. It keeps the last megabyte or so; a line torn by a kill or a full disk is passed over.
public final class History {
  private static final JsonMapper JSON = new JsonMapper();
  private static final long MOST = 1 << 20;

  private final Path file;

  History(Path work) {
    this.file = work.resolve("history.jsonl");
  }

  /// @param at ISO-8601
  /// @param what `pulled`, `found` (by a pull, which left it at that), `built`, `imported`,
  ///   `tagged`, `pushed`, `pinned`, `unpinned`, `verified`, `damaged`, `repaired`, `promoted`,
  ///   `rolled-back`, `pruned`, `deleted`, or another word
  /// @param digest of the manifest, else of the content
  /// @param from a reference, a directory, another image; where to for `pushed`; what jobs run in
  ///   instead for `rolled-back`
  /// @param bytes moved or freed
  /// @param by user and command
  public record Event(
      String at, String what, String image, String digest, String from, long bytes, String by) {}

  /// Adds an event. What was done stands, also when the disk has no room for saying so.
  public void add(String what, String image, String digest, String from, long bytes) {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    String by = System.getProperty("user.name") + ": " + Self.command();
    Event event = new Event(now, what, image, digest, from, bytes, by);
    byte[] line = (JSON.writeValueAsString(event) + "\n").getBytes(StandardCharsets.UTF_8);
    try (ExclusiveLock _ = ExclusiveLock.on(file.resolveSibling(".history.lock"))) {
      shorten();
      append(line);
    } catch (IOException e) {
      // See above.
    }
  }

  private void append(byte[] line) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long end = channel.size();
      ByteBuffer last = ByteBuffer.allocate(1);
      boolean torn = end > 0 && channel.read(last, end - 1) == 1 && last.get(0) != '\n';
      ByteBuffer bytes = ByteBuffer.allocate(line.length + 1);
      if (torn) {
        bytes.put((byte) '\n');
      }
      bytes.put(line).flip();
      while (bytes.hasRemaining()) {
        end += channel.write(bytes, end);
      }
    }
  }

  /// Keeps the newer half of a file that has grown too long.
  private void shorten() throws IOException {
    if (!Files.exists(file) || Files.size(file) < MOST) {
      return;
    }
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    int from = text.indexOf('\n', text.length() / 2) + 1;
    Path fresh = file.resolveSibling("history.new");
    Files.writeString(fresh, text.substring(from), StandardCharsets.ISO_8859_1);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /// All that is known, the oldest first.
  public List<Event> read() {
    List<Event> events = new ArrayList<>();
    try {
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        try {
          events.add(JSON.readValue(line, Event.class));
        } catch (JacksonException e) {
          // Torn.
        }
      }
    } catch (NoSuchFileException e) {
      // Nothing has happened.
    } catch (IOException e) {
      throw Trees.failed("read " + file, e);
    }
    return events;
  }
}
