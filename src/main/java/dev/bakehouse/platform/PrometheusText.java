package dev.bakehouse.platform;

import java.util.Map;
import java.util.stream.Collectors;

/// Figures in Prometheus' text exposition format: families, one after the other.
public final class PrometheusText {
  private final StringBuilder text = new StringBuilder();
  private String family = "";
  private String head = "";

  /// Begins a family of figures that go up and down. One without samples is left out.
  ///
  /// @param name `[a-z_]+`, with its unit
  public void gauge(String name, String help) {
    begin(name, "gauge", help);
  }

  /// The same of figures that only grow, from 0 when the process began.
  ///
  /// @param name ends with `_total`
  public void counter(String name, String help) {
    begin(name, "counter", help);
  }

  /// The same of sums with the number of what was summed, see [#sum].
  public void summary(String name, String help) {
    begin(name, "summary", help);
  }

  private void begin(String name, String type, String help) {
    family = name;
    head = "# HELP " + name + " " + help.replace("\\", "\\\\").replace("\n", "\\n");
    head += "\n# TYPE " + name + " " + type + "\n";
  }

  /// A sample of the family.
  ///
  /// @param labels any text by `[a-z_]+`; no two samples have the same
  public void sample(Map<String, String> labels, Number value) {
    sample("", labels, value);
  }

  /// A sample of a summary.
  public void sum(Map<String, String> labels, double sum, long count) {
    sample("_sum", labels, sum);
    sample("_count", labels, count);
  }

  private void sample(String suffix, Map<String, String> labels, Number value) {
    String all =
        labels.entrySet().stream()
            .map(label -> label.getKey() + "=\"" + escaped(label.getValue()) + "\"")
            .collect(Collectors.joining(","));
    text.append(head).append(family).append(suffix).append('{').append(all).append("} ");
    text.append(value);
    text.append('\n');
    head = "";
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
