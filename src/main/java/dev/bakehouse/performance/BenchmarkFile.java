package dev.bakehouse.performance;

import dev.bakehouse.config.ConfigError;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.json.JsonMapper;

/// Reads `{"benchmarks": [{"name": …, "value": …}, …]}`, see `docs/pipelines.md`. Jobs write such
/// files, so names are short and numbers finite, and errors quote nothing of what is no such file.
public final class BenchmarkFile {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final int NAME = 200;
  private static final int UNIT = 20;

  private final String file;
  private final JsonParser json;

  private BenchmarkFile(String file, JsonParser json) {
    this.file = file;
    this.json = json;
  }

  /// @param file what errors call it
  /// @throws ConfigError with file, line and what is wrong there
  public static List<Benchmark> read(String file, byte[] bytes) {
    try (JsonParser json = JSON.createParser(bytes)) {
      return new BenchmarkFile(file, json).all();
    } catch (JacksonException e) {
      int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
      throw new ConfigError(
          file + ":" + line, "this is no JSON, or a key stands twice", "Correct it there.");
    }
  }

  private List<Benchmark> all() {
    List<Benchmark> all = new ArrayList<>();
    insist(json.nextToken() == JsonToken.START_OBJECT, "the file is no object");
    insist(
        json.nextToken() == JsonToken.PROPERTY_NAME && json.currentName().equals("benchmarks"),
        "the file does not begin with the key `benchmarks`");
    insist(json.nextToken() == JsonToken.START_ARRAY, "`benchmarks` is no list");
    while (json.nextToken() != JsonToken.END_ARRAY) {
      all.add(benchmark());
    }
    insist(json.nextToken() == JsonToken.END_OBJECT, "the file has another key than `benchmarks`");
    insist(json.nextToken() == null, "something stands behind the object");
    return all;
  }

  private Benchmark benchmark() {
    insist(json.currentToken() == JsonToken.START_OBJECT, "a benchmark is no object");
    String name = "";
    String unit = "";
    boolean higher = false;
    List<Double> samples = new ArrayList<>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = json.currentName();
      json.nextToken();
      switch (key) {
        case "name" -> name = text(key, NAME);
        case "unit" -> unit = text(key, UNIT);
        case "better" -> higher = better();
        case "value" -> samples.add(number(key));
        case "samples" -> samples(samples);
        default ->
            throw wrong("a benchmark has another key than name, unit, better, value, samples");
      }
    }
    insist(!name.isBlank(), "the benchmark that ends here has no `name`");
    insist(!samples.isEmpty(), "the benchmark that ends here has neither `value` nor `samples`");
    return new Benchmark(name, unit, higher, samples);
  }

  private void samples(List<Double> to) {
    insist(json.currentToken() == JsonToken.START_ARRAY, "`samples` is no list");
    while (json.nextToken() != JsonToken.END_ARRAY) {
      to.add(number("samples"));
    }
  }

  private double number(String key) {
    boolean number = json.currentToken() != null && json.currentToken().isNumeric();
    double value = number ? json.getDoubleValue() : Double.NaN;
    insist(value >= 0 && value < Double.POSITIVE_INFINITY, "`" + key + "` is no number from 0 on");
    return value;
  }

  private boolean better() {
    String word = text("better", NAME);
    insist(word.equals("lower") || word.equals("higher"), "`better` is neither lower nor higher");
    return word.equals("higher");
  }

  private String text(String key, int most) {
    boolean text = json.currentToken() == JsonToken.VALUE_STRING;
    insist(
        text && json.getString().length() <= most,
        "`" + key + "` is no text of at most " + most + " characters");
    return json.getString();
  }

  private void insist(boolean right, String otherwise) {
    if (!right) {
      throw wrong(otherwise);
    }
  }

  private ConfigError wrong(String what) {
    return new ConfigError(
        file + ":" + json.currentTokenLocation().getLineNr(),
        what,
        "Write {\"benchmarks\": [{\"name\": \"parse\", \"unit\": \"ms\", \"better\": \"lower\","
            + " \"samples\": [12.5, 12.7]}]}.");
  }
}
