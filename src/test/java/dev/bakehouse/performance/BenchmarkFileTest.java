package dev.bakehouse.performance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.ConfigError;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BenchmarkFileTest {
  private static List<Benchmark> read(String json) {
    return BenchmarkFile.read("b.json", json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void theDocumentedShape() {
    String json =
        """
        {"benchmarks": [
          {"name": "parse", "unit": "ms", "better": "lower", "samples": [12.5, 3, 12.7, 1e1]},
          {"name": "requests", "better": "higher", "value": 48000}
        ]}
        """;
    assertThat(read(json))
        .containsExactly(
            new Benchmark("parse", "ms", false, List.of(3.0, 10.0, 12.5, 12.7)),
            new Benchmark("requests", "", true, List.of(48000.0)));
    assertThat(read(json)).extracting(Benchmark::median).containsExactly(11.25, 48000.0);
    assertThat(read("{\"benchmarks\": []}")).isEmpty();
  }

  /// `~` is a line's end; what is wrong stands in line 2.
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{~'results': []}; does not begin with the key `benchmarks`",
        "{'benchmarks':~{}}; `benchmarks` is no list",
        "{'benchmarks': [~1]}; a benchmark is no object",
        "{'benchmarks': [{'name': 'a',~'vaule': 1}]}; a benchmark has another key than name, unit, better, value, samples",
        "{'benchmarks': [{'value': 1~}]}; has no `name`",
        "{'benchmarks': [{'name': 'a'~}]}; has neither `value` nor `samples`",
        "{'benchmarks': [{'name': 'a', 'samples': [1,~'2']}]}; `samples` is no number from 0 on",
        "{'benchmarks': [{'name': 'a',~'value': -1}]}; `value` is no number from 0 on",
        "{'benchmarks': [{'name': 'a',~'value': 1e999}]}; `value` is no number from 0 on",
        "{'benchmarks': [{'name': 'a',~'better': 'more'}]}; `better` is neither lower nor higher",
        "{'benchmarks': [{'name':~7}]}; `name` is no text",
        "{'benchmarks': [{'name': 'a',~'name': 'b'}]}; this is no JSON, or a key stands twice",
        "{'benchmarks': [],~'more': 1}; has another key than `benchmarks`",
        "{'benchmarks': []}~{}; something stands behind the object",
        "{'benchmarks': [~; this is no JSON",
        "~not JSON; this is no JSON",
        "~[]; the file is no object",
      })
  void whatIsWrongIsToldWithFileAndLine(String json, String what) {
    assertThatThrownBy(() -> read(json.replace('\'', '"').replace('~', '\n')))
        .isInstanceOf(ConfigError.class)
        .hasMessageStartingWith("b.json:2: ")
        .hasMessageContaining(what);
  }

  /// A job may have the host read something else than what it wrote.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SECRET",
        "SECRET=1",
        "{\"SECRET\": []}",
        "{\"benchmarks\": [{\"SECRET\": 1}]}",
        "{\"benchmarks\": [{\"name\": SECRET}]}",
        "{\"benchmarks\": [{\"better\": \"SECRET\"}]}",
        "{\"benchmarks\": [{\"samples\": [1, \"SECRET\"]}]}",
        "{\"benchmarks\": [], \"SECRET\": 1}",
        "{\"benchmarks\": [{\"SECRET\\q\": 1}]}",
      })
  void anErrorQuotesNothing(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOfSatisfying(
            ConfigError.class,
            e -> assertThat(e.getMessage() + e.remedy()).doesNotContain("SECRET"));
  }

  /// Jobs write these files: every cut and every other byte ends in a result or a clear error.
  @Test
  void whateverComesEndsInAResultOrAClearError() {
    byte[] seed =
        "{\"benchmarks\":[{\"name\":\"é\",\"better\":\"higher\",\"samples\":[1e9,0.5]}]}"
            .getBytes(StandardCharsets.UTF_8);
    int read = 0;
    for (int at = 0; at < seed.length; at++) {
      for (int other = 0; other < 256; other++) {
        byte[] bytes = seed.clone();
        bytes[at] = (byte) other;
        read += shown(bytes) ? 1 : 0;
      }
      assertThat(shown(Arrays.copyOf(seed, at))).isFalse();
    }
    assertThat(read).isGreaterThan(seed.length);
    assertThat(shown("[".repeat(100_000).getBytes(StandardCharsets.UTF_8))).isFalse();
    String deep = "{\"benchmarks\":[{\"name\":" + "[".repeat(100_000);
    assertThat(shown(deep.getBytes(StandardCharsets.UTF_8))).isFalse();
  }

  private static boolean shown(byte[] bytes) {
    try {
      List<Benchmark> now = BenchmarkFile.read("b.json", bytes);
      List<Benchmark> before = now.stream().map(b -> with(b, Double.MIN_VALUE)).toList();
      Comparison comparison = Comparison.of(before, now, Thresholds.DEFAULT);
      assertThat(ComparisonText.markdown("t", comparison)).hasSizeLessThan(2000);
      return true;
    } catch (ConfigError e) {
      assertThat(e.getMessage()).matches("b\\.json:[12]: (?s).*");
      return false;
    }
  }

  private static Benchmark with(Benchmark b, double sample) {
    return new Benchmark(b.name(), b.unit(), b.higherIsBetter(), List.of(sample));
  }
}
