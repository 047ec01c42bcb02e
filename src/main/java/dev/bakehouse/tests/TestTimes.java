package dev.bakehouse.tests;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/// How long files or classes with tests took, as all jobs of a step see them.
///
/// @param millis by name
public record TestTimes(Map<String, Integer> millis) {
  public static final TestTimes NONE = new TestTimes(Map.of());

  /// Buildkite's meta-data may have 100 KB.
  private static final int PACKED = 90_000;

  private static final int TEXT = 1 << 24;
  private static final String FORMAT = "1:";

  public TestTimes {
    millis = Map.copyOf(millis);
  }

  /// Of the jobs of one step of one build.
  public static TestTimes of(List<TestRun> runs) {
    Map<String, Integer> millis = new TreeMap<>();
    runs.forEach(run -> run.times().forEach((unit, ms) -> millis.merge(unit, ms, Math::max)));
    return new TestTimes(millis);
  }

  /// A line each, `MILLISECONDS`, a tab, the name.
  public String text() {
    return new TreeMap<>(millis)
        .entrySet().stream()
            .map(e -> e.getValue() + "\t" + e.getKey() + "\n")
            .collect(Collectors.joining());
  }

  /// As a value of meta-data. Where there are too many for one, the shortest are left out.
  public String packed() {
    TestTimes some = this;
    String packed = some.pack();
    while (packed.length() > PACKED) {
      some = some.longest(some.millis.size() / 2);
      packed = some.pack();
    }
    return packed;
  }

  private TestTimes longest(int most) {
    return new TestTimes(
        millis.entrySet().stream()
            .sorted(
                Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .limit(most)
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  private String pack() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflate = new DeflaterOutputStream(out)) {
      deflate.write(text().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return FORMAT + Base64.getEncoder().encodeToString(out.toByteArray());
  }

  /// @return empty when [#packed] did not make it: any job of the build can write meta-data
  public static Optional<TestTimes> unpack(String packed) {
    if (!packed.startsWith(FORMAT) || packed.length() > 2 * PACKED) {
      return Optional.empty();
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(packed.substring(FORMAT.length()));
      try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(bytes))) {
        byte[] text = in.readNBytes(TEXT + 1);
        return text.length > TEXT ? Optional.empty() : Optional.of(read(text));
      }
    } catch (IllegalArgumentException | IOException e) {
      return Optional.empty();
    }
  }

  private static TestTimes read(byte[] text) {
    Map<String, Integer> millis = new TreeMap<>();
    for (String line : new String(text, StandardCharsets.UTF_8).split("\n")) {
      String[] word = line.split("\t", 2);
      if (word.length == 2 && word[0].matches("[0-9]{1,9}")) {
        millis.put(word[1], Integer.parseInt(word[0]));
      }
    }
    return new TestTimes(millis);
  }
}
