package dev.bakehouse.job;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Which images the last jobs of a host wanted: `STATE/standby`, a name a line, the newest last. A
/// guess is all that comes of it, so what two jobs write at once may get lost.
public final class Demand {
  private static final int KEPT = 10;

  private final Path file;

  private Demand(Path file) {
    this.file = file;
  }

  public static Demand of(HostSettings host) {
    return new Demand(host.state().resolve("standby"));
  }

  /// Notes the image of a job.
  public void note(String image) {
    List<String> before = last();
    List<String> last = new ArrayList<>(before);
    last.add(image);
    List<String> kept = last.subList(Math.max(0, last.size() - KEPT), last.size());
    if (kept.equals(before)) {
      return;
    }
    try {
      Directories.writePrivate(
          file, (String.join("\n", kept) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (RuntimeException e) {
      // The next guess is a worse one.
    }
  }

  /// What the next job most likely wants: what most of the last ones did, the newer of two equals.
  public Optional<String> likely() {
    List<String> last = last();
    return last.stream()
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
        .entrySet()
        .stream()
        .max(
            Comparator.<Map.Entry<String, Long>>comparingLong(e -> e.getValue())
                .thenComparingInt(e -> last.lastIndexOf(e.getKey())))
        .map(Map.Entry::getKey);
  }

  /// The daemon's word on whether it has VMs waiting: `STATE/standby-none`.
  ///
  /// @param why there are none; empty when there are
  public void unmet(Optional<String> why) {
    if (why.equals(unmet())) {
      return;
    }
    if (why.isPresent()) {
      Directories.writePrivate(none(), why.get().getBytes(StandardCharsets.UTF_8));
      return;
    }
    try {
      Files.deleteIfExists(none());
    } catch (IOException e) {
      throw new UserError("Could not remove " + none() + ": " + e, "Remove it by hand.", e);
    }
  }

  /// Why no VM is put on standby; empty when the daemon does that.
  public Optional<String> unmet() {
    try {
      return Optional.of(Files.readString(none()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Path none() {
    return file.resolveSibling("standby-none");
  }

  private List<String> last() {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
