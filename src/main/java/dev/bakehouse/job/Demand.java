package dev.bakehouse.job;

import dev.bakehouse.platform.Directories;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
            Comparator.<java.util.Map.Entry<String, Long>>comparingLong(e -> e.getValue())
                .thenComparingInt(e -> last.lastIndexOf(e.getKey())))
        .map(java.util.Map.Entry::getKey);
  }

  private List<String> last() {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
