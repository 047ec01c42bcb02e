package dev.bakehouse.host;

import dev.bakehouse.image.Labels;
import dev.bakehouse.image.LocalImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What an image must be for jobs to run in it; empty texts ask for nothing.
///
/// @param bootstrapVersion the least version of its bootstrap script, as `# Version:` says
/// @param release of macOS
/// @param bunVersion exactly
public record Requirement(String bootstrapVersion, String release, String bunVersion) {
  public static final Requirement NONE = new Requirement("", "", "");

  private static final String NUMBERS = "\\d{1,9}(\\.\\d{1,9})*";

  /// Why an image does not do, for people; empty when it does.
  Optional<String> against(LocalImage image) {
    String bootstrap = Labels.bootstrapVersion(image);
    if (!bootstrapVersion.isEmpty() && !atLeast(bootstrap, bootstrapVersion)) {
      return Optional.of(
          "has bootstrap version " + shown(bootstrap) + ", " + bootstrapVersion + " is required");
    }
    if (!release.isEmpty() && !Labels.release(image).equals(release)) {
      return Optional.of(
          "is of macOS release " + shown(Labels.release(image)) + ", " + release + " is required");
    }
    if (!bunVersion.isEmpty() && !Labels.version(image).equals(bunVersion)) {
      return Optional.of(
          "is of version " + shown(Labels.version(image)) + ", " + bunVersion + " is required");
    }
    return Optional.empty();
  }

  /// Whether a version is another one or a later one: `3.10` is later than `3.9`. One that is not
  /// of numbers and dots is only like itself.
  static boolean atLeast(String version, String least) {
    if (version.equals(least)) {
      return true;
    }
    if (!comparable(version) || !comparable(least)) {
      return false;
    }
    return Arrays.compare(numbers(version), numbers(least)) >= 0;
  }

  /// Whether others can be earlier or later than it.
  public static boolean comparable(String version) {
    return version.matches(NUMBERS);
  }

  /// Without the zeros at the end: `3.6.0` is `3.6`.
  private static int[] numbers(String version) {
    List<Integer> all =
        new ArrayList<>(Arrays.stream(version.split("\\.")).map(Integer::valueOf).toList());
    while (!all.isEmpty() && all.getLast() == 0) {
      all.removeLast();
    }
    return all.stream().mapToInt(Integer::intValue).toArray();
  }

  private static String shown(String text) {
    return text.isEmpty() ? "unknown" : text;
  }
}
