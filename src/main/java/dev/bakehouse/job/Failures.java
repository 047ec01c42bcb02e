package dev.bakehouse.job;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `STATE/failures`: the infrastructure failures of this host's jobs since its machinery last
/// worked, a file each. Jobs write beside each other without a lock; a job whose VM worked removes
/// all.
public final class Failures {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final AtomicLong COUNT = new AtomicLong();
  private static final int BALLAST = 1 << 16;

  private final Path directory;
  private final Path ballast;

  /// One of them.
  ///
  /// @param at ISO-8601
  /// @param job its id
  /// @param what went wrong, its phase first
  public record Failure(String at, String job, String what) {}

  public Failures(Path state) {
    this.directory = state.resolve("failures");
    this.ballast = directory.resolve(".ballast");
  }

  /// Keeps some room, so that a failure can be noted on a disk that is full.
  public void reserve() {
    if (!Files.exists(ballast)) {
      byte[] bytes = new byte[BALLAST];
      Arrays.fill(bytes, (byte) 1);
      Directories.makePrivate(directory);
      Directories.writePrivate(ballast, bytes);
    }
  }

  /// @throws UserError when it can not be noted
  public void add(String job, String what) {
    Directories.makePrivate(directory);
    String name =
        String.format(
            Locale.ROOT,
            "%015d-%d-%d.json",
            System.currentTimeMillis(),
            Processes.self().pid(),
            COUNT.incrementAndGet());
    String told = Command.withoutCredentials(what);
    byte[] json = JSON.writeValueAsBytes(new Failure(Instant.now().toString(), job, told));
    try {
      Directories.writePrivate(directory.resolve(name), json);
    } catch (UserError e) {
      delete(ballast);
      Directories.writePrivate(directory.resolve(name), json);
    }
  }

  /// The machinery works.
  public void clear() {
    files().forEach(Failures::delete);
  }

  /// The oldest first.
  public List<Failure> list() {
    return files().stream().map(Failures::read).toList();
  }

  private static Failure read(Path file) {
    try {
      return JSON.readValue(Files.readAllBytes(file), Failure.class);
    } catch (IOException | JacksonException e) {
      return new Failure("", "", "a failure whose record can not be read");
    }
  }

  private List<Path> files() {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw failed("read", directory, e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw failed("remove", file, e);
    }
  }

  private static UserError failed(String what, Path path, IOException e) {
    return new UserError(
        "Could not " + what + " " + path + ": " + Reason.of(e), "Check its owner and mode.", e);
  }
}
