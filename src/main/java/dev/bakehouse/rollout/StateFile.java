package dev.bakehouse.rollout;

import dev.bakehouse.oci.CorruptData;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `rollout.json` in a host's state directory. Only its daemon writes it, each time whole; jobs
/// read which image is in force.
public final class StateFile {
  private static final JsonMapper JSON = new JsonMapper();

  private final Path file;

  /// @param state the host's state directory
  public StateFile(Path state) {
    this.file = state.resolve("rollout.json");
  }

  public HostState load() {
    try {
      return JSON.readValue(Files.readAllBytes(file), HostState.class);
    } catch (NoSuchFileException e) {
      return HostState.NONE;
    } catch (IOException e) {
      throw new UserError("Could not read " + file + ": " + e, "Check its owner and mode.", e);
    } catch (JacksonException e) {
      throw new CorruptData(file.toString(), "not a host's rollout state (" + e.getMessage() + ")");
    }
  }

  /// Changes it in one step.
  synchronized HostState change(UnaryOperator<HostState> how) {
    HostState next = how.apply(load());
    Directories.writePrivate(file, JSON.writeValueAsString(next).getBytes(StandardCharsets.UTF_8));
    return next;
  }
}
