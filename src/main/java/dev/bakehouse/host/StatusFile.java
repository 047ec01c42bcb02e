package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// `status.json` in a host's state directory: written by its daemon, read by everyone else.
public final class StatusFile {
  private static final JsonMapper JSON = new JsonMapper();

  private final String host;
  private final Path file;
  private final Orders orders;

  public StatusFile(HostSettings host) {
    this.host = host.name();
    this.file = host.state().resolve("status.json");
    this.orders = new Orders(host.state());
  }

  /// What the daemon said last; empty when none runs.
  public Optional<HostStatus> read() {
    try {
      HostStatus status = JSON.readValue(Files.readAllBytes(file), HostStatus.class);
      return Optional.of(status).filter(s -> alive(s.daemon()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | JacksonException e) {
      throw new UserError(
          "Could not read " + file + ": " + e.getMessage(), "Check its owner and mode.", e);
    }
  }

  /// For programs: with the order to drain, which holds without a daemon too, as `drain`.
  public String json(HostStatus status) {
    ObjectNode tree = JSON.valueToTree(status);
    orders.drain().ifPresent(drain -> tree.set("drain", JSON.valueToTree(drain)));
    return JSON.writeValueAsString(tree);
  }

  /// @param looked before anything of it was found
  void write(
      Instant looked,
      Readiness readiness,
      List<ImageState> images,
      Optional<String> away,
      List<HostStatus.Agent> agents) {
    HostStatus status =
        new HostStatus(
            host,
            Processes.self().text(),
            looked.toString(),
            readiness.ready(),
            readiness.reason(),
            away.orElse(""),
            images.stream().map(StatusFile::image).toList(),
            agents);
    Path draft = file.resolveSibling("status.json.new");
    try {
      // Good for this process's life only: nothing of it need be on the disk.
      Files.write(draft, JSON.writeValueAsBytes(status));
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UserError(
          "Could not write " + file + ": " + e, "Check the directory's owner and space.", e);
    }
  }

  void remove() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // It names a process that is gone.
    }
  }

  private static HostStatus.Image image(ImageState image) {
    return new HostStatus.Image(
        image.offered(),
        image.name(),
        image.standing().name().toLowerCase(Locale.ROOT),
        image.reason(),
        image.bootstrapVersion(),
        image.bunVersion());
  }

  private static boolean alive(String daemon) {
    return Identity.parse(daemon).flatMap(Identity::alive).isPresent();
  }
}
