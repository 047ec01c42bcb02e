package dev.bakehouse.image;

import dev.bakehouse.platform.Directories;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Claims of living processes: files `NAME~UUID`, locked by their holders, that say what is
/// claimed. One that can be locked belongs to a dead process and counts for nothing.
///
/// Making and looking are for callers that hold one lock for the directory: a ticket is made and
/// locked in one go.
final class Tickets {
  /// Tickets this process holds, and their texts: the system's lock does not tell threads of one
  /// process apart, and closing a second descriptor would drop it.
  private static final Map<Path, String> HELD = new ConcurrentHashMap<>();

  private static final String SEPARATOR = "~";
  private static final Pattern TICKET = Pattern.compile("[^~]+~[0-9a-f-]+");
  private static final int LONGEST = 4096;

  private final Path directory;

  Tickets(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  /// A ticket with the channel that holds its lock.
  record Held(Path ticket, FileChannel channel) {
    /// A place that goes with the ticket.
    Path files() {
      return beside(ticket, ".files");
    }

    Path draft() {
      return beside(ticket, ".draft");
    }

    void end() {
      try (channel) {
        remove(ticket);
      } catch (IOException e) {
        throw Trees.failed("remove " + ticket, e);
      } finally {
        HELD.remove(ticket);
      }
    }
  }

  Held take(String name, String text) throws IOException {
    Files.createDirectories(directory);
    Path ticket = directory.resolve(name + SEPARATOR + UUID.randomUUID());
    FileChannel channel =
        FileChannel.open(ticket, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    boolean done = false;
    try {
      channel.lock();
      channel.write(StandardCharsets.UTF_8.encode(text));
      HELD.put(ticket, text);
      done = true;
      return new Held(ticket, channel);
    } finally {
      if (!done) {
        channel.close();
      }
    }
  }

  /// The texts of living tickets by name. Dead ones are removed.
  Map<String, List<String>> living() throws IOException {
    Map<String, List<String>> all = new TreeMap<>();
    for (Path ticket : tickets()) {
      String file = ticket.getFileName().toString();
      String name = file.substring(0, file.indexOf(SEPARATOR));
      said(ticket).ifPresent(text -> all.computeIfAbsent(name, _ -> new ArrayList<>()).add(text));
    }
    return all;
  }

  /// The text of a living ticket; a dead one is removed.
  private static Optional<String> said(Path ticket) throws IOException {
    String own = HELD.get(ticket);
    if (own != null) {
      return Optional.of(own);
    }
    try (FileChannel channel =
        FileChannel.open(ticket, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (channel.tryLock() == null) {
        ByteBuffer text = ByteBuffer.allocate(LONGEST);
        channel.read(text);
        return Optional.of(StandardCharsets.UTF_8.decode(text.flip()).toString());
      }
      remove(ticket);
      return Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private List<Path> tickets() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(p -> TICKET.matcher(p.getFileName().toString()).matches())
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static void remove(Path ticket) throws IOException {
    Directories.delete(beside(ticket, ".files"));
    Directories.delete(beside(ticket, ".draft"));
    Files.deleteIfExists(ticket);
  }

  private static Path beside(Path ticket, String suffix) {
    return ticket.resolveSibling(ticket.getFileName() + suffix);
  }
}
