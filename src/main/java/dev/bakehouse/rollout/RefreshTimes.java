package dev.bakehouse.rollout;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;

/// When a host refreshes the image. The last time stands in `refreshed` of its state directory, so
/// that a daemon that is started again does not begin anew.
public final class RefreshTimes {
  private final Schedule schedule;
  private final Path file;

  private RefreshTimes(Schedule schedule, Path file) {
    this.schedule = schedule;
    this.file = file;
  }

  /// Empty when it never does.
  ///
  /// @param state the host's state directory
  public static Optional<RefreshTimes> of(RefreshConfig config, Path state) {
    return config.every().map(every -> new RefreshTimes(every, state.resolve("refreshed")));
  }

  /// The next time; a past one is due now.
  public Instant due(Instant now) {
    return schedule.due(last(), now, ZoneId.systemDefault());
  }

  public void done(Instant now) {
    Directories.writePrivate(file, (now + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private Optional<Instant> last() {
    try {
      return Optional.of(Instant.parse(Files.readString(file).strip()));
    } catch (NoSuchFileException | DateTimeException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UserError("Could not read " + file + ": " + e, "Check its owner and mode.", e);
    }
  }
}
