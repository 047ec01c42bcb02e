package dev.bakehouse.job;

import dev.bakehouse.config.OperationsSettings.Keep;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Quarantine;
import dev.bakehouse.vm.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Which jobs' VMs are kept for inspection when they fail: as configured (`host.quarantine`), or
/// more of them for a time, as somebody asked (`STATE/quarantine.json`).
public final class Inspection {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HostSettings settings;
  private final Path file;

  /// What somebody asked for.
  ///
  /// @param keep whose VMs
  /// @param until ISO-8601
  public record Asked(String keep, String until) {}

  public Inspection(HostSettings settings) {
    this.settings = settings;
    this.file = settings.state().resolve("quarantine.json");
  }

  /// Whose VMs are kept now.
  public Keep keep() {
    Keep configured = settings.operations().quarantine().keep();
    return asked()
        .map(asked -> Keep.of(asked.keep()))
        .filter(keep -> keep.compareTo(configured) > 0)
        .orElse(configured);
  }

  /// What somebody asked for and still holds.
  public Optional<Asked> asked() {
    try {
      return Optional.of(JSON.readValue(Files.readAllBytes(file), Asked.class))
          .filter(asked -> Instant.parse(asked.until()).isAfter(Instant.now()));
    } catch (IOException | JacksonException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /// Asks for more VMs to be kept, for a time.
  public void ask(Keep keep, Duration time) {
    Directories.makePrivate(settings.state());
    Asked asked = new Asked(keep.word(), Instant.now().plus(time).toString());
    Directories.writePrivate(file, JSON.writeValueAsBytes(asked));
  }

  /// Asks for no more than is configured.
  public void forget() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UserError("Could not remove " + file + ": " + e, "Check its owner and mode.", e);
    }
  }

  /// Keeps the VM of a job that failed, if such VMs are kept.
  ///
  /// @param kind what failed
  /// @param why in words
  /// @return whether it is kept
  boolean keep(Vm vm, Keep kind, String job, String why, Consumer<String> say) {
    if (kind.compareTo(keep()) > 0) {
      return false;
    }
    try {
      int most = settings.operations().quarantine().most();
      Duration time = settings.operations().quarantine().time();
      Optional<Instant> until = new Quarantine(settings.state()).keep(vm, job, why, most, time);
      say.accept(
          until
              .map(
                  at ->
                      "--- bakehouse: the VM "
                          + vm.name()
                          + " is kept on "
                          + settings.name()
                          + " until "
                          + at
                          + ": there, `bakehouse host quarantine list` tells the way in")
              .orElse(
                  "--- bakehouse: the VM is not kept, "
                      + most
                      + " in quarantine are all this host may have"));
      return until.isPresent();
    } catch (UserError e) {
      say.accept("--- bakehouse: the VM could not be kept: " + e.getMessage());
      return false;
    }
  }
}
