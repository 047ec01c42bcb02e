package dev.bakehouse.host;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What people told a host to do: small files in its state directory, `orders/…`. They hold until
/// they are taken back, whether its daemon runs or not; the daemon looks every second.
public final class Orders {
  /// How long a forced readiness holds.
  public static final Duration FORCED = Duration.ofHours(1);

  private static final JsonMapper JSON = new JsonMapper();

  private final Path state;
  private final Path directory;

  /// @param state the host's state directory
  public Orders(Path state) {
    this.state = state;
    this.directory = state.resolve("orders");
  }

  /// The agents finish what they run and stay away.
  ///
  /// @param since ISO-8601
  public record Drain(String reason, String since) {}

  /// The readiness is what somebody says, not what is found.
  ///
  /// @param until ISO-8601
  public record Force(boolean ready, String until) {}

  /// @return empty when the host is not drained
  public Optional<Drain> drain() {
    return read("drain", Drain.class);
  }

  public void drain(String reason) {
    write("drain", new Drain(reason, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()));
  }

  public void undrain() {
    remove("drain");
  }

  /// @return empty when nothing is forced any more
  public Optional<Force> force() {
    return read("force", Force.class)
        .filter(force -> Instant.now().isBefore(Instant.parse(force.until())));
  }

  /// Holds for [#FORCED].
  public void force(boolean ready) {
    String until = Instant.now().plus(FORCED).truncatedTo(ChronoUnit.SECONDS).toString();
    write("force", new Force(ready, until));
  }

  public void unforce() {
    remove("force");
  }

  /// What images must be.
  public Requirement required() {
    return read("required", Requirement.class).orElse(Requirement.NONE);
  }

  public void require(Requirement requirement) {
    write("required", requirement);
  }

  private <T> Optional<T> read(String name, Class<T> type) {
    Path file = file(name);
    try {
      return Optional.of(JSON.readValue(Files.readAllBytes(file), type));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | JacksonException e) {
      throw new UserError(
          "Could not read the order " + file + ": " + e.getMessage(),
          "Check its owner and mode; remove it to take the order back.",
          e);
    }
  }

  private void write(String name, Object order) {
    Directories.makePrivate(state);
    Directories.makePrivate(directory);
    Directories.writePrivate(
        file(name), JSON.writeValueAsString(order).getBytes(StandardCharsets.UTF_8));
  }

  private void remove(String name) {
    try {
      Files.deleteIfExists(file(name));
    } catch (IOException e) {
      throw new UserError(
          "Could not take back the order " + file(name) + ": " + e, "Remove that file by hand.", e);
    }
  }

  private Path file(String name) {
    return directory.resolve(name + ".json");
  }
}
