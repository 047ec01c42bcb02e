package dev.bakehouse.platform;

import java.util.Map;
import java.util.stream.Collectors;

/// Figures in Prometheus' text exposition format: families of gauges, one after the other.
public final class PrometheusText {
  private final StringBuilder text = new StringBuilder();
  private String family = "";
  private String head = "";

  /// Begins a family. One without samples is left out.
  ///
  /// @param name `[a-z_]+`, with its unit
  public void gauge(String name, String help) {
    family = name;
    head = "# HELP " + name + " " + help.replace("\\", "\\\\").replace("\n", "\\n");
    head += "\n# TYPE " + name + " gauge\n";
  }

  /// A sample of the family.
  ///
  /// @param labels any text by `[a-z_]+`; no two samples have the same
  public void sample(Map<String, String> labels, Number value) {
    String all =
        labels.entrySet().stream()
            .map(label -> label.getKey() + "=\"" + escaped(label.getValue()) + "\"")
            .collect(Collectors.joining(","));
    text.append(head).append(family).append('{').append(all).append("} ").append(value);
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
