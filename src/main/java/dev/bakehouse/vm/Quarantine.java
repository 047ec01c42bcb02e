package dev.bakehouse.vm;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.ExclusiveLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// VMs of failed jobs that are kept for inspection, beside the host's slots: `quarantine.json` in
/// the directory of each. The reaper ends one when its time is over.
public final class Quarantine {
  private static final String FILE = "quarantine.json";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path state;
  private final VmHome home;

  /// One of them.
  ///
  /// @param job id of the job it was for
  /// @param why it is kept
  /// @param since ISO-8601
  /// @param until ISO-8601
  public record Entry(String vm, String job, String why, String since, String until) {}

  public Quarantine(Path state) {
    this.state = state;
    this.home = new VmHome(state);
  }

  /// Keeps a VM, unless there are as many as there may be.
  ///
  /// @param most how many may be kept at once
  /// @return until when it is kept; empty when it is not, and is its owner's as before
  public Optional<Instant> keep(Vm vm, String job, String why, int most, Duration time) {
    try (ExclusiveLock _ = ExclusiveLock.on(state.resolve("vms/.quarantine.lock"))) {
      if (list().size() >= most) {
        return Optional.empty();
      }
      Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      Entry entry = new Entry(vm.name(), job, why, now.toString(), now.plus(time).toString());
      // First of all: a VM that is kept by name alone would be kept for ever.
      Directories.writePrivate(
          home.directory(vm.name()).resolve(FILE), JSON.writeValueAsBytes(entry));
      vm.keep();
      return Optional.of(now.plus(time));
    }
  }

  /// All, by name.
  public List<Entry> list() {
    return home.all().stream().flatMap(vm -> find(vm.name()).stream()).toList();
  }

  /// What is known of one; empty for a VM that is not in quarantine.
  public Optional<Entry> find(String vm) {
    Path file = home.directory(vm).resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(Files.readAllBytes(file), Entry.class));
    } catch (IOException | JacksonException e) {
      return Optional.of(new Entry(vm, "", "a record that can not be read", "", ""));
    }
  }

  /// Whether a VM was in quarantine, and for long enough.
  boolean over(String vm) {
    return find(vm).filter(entry -> ended(entry.until())).isPresent();
  }

  private static boolean ended(String until) {
    try {
      return !Instant.parse(until).isAfter(Instant.now());
    } catch (DateTimeException e) {
      return true;
    }
  }
}
