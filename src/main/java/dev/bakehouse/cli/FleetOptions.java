package dev.bakehouse.cli;

import dev.bakehouse.fleet.Fleet;
import dev.bakehouse.fleet.Fleet.Result;
import dev.bakehouse.fleet.Inventory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// Which hosts are meant, and how the answer is written.
final class FleetOptions {
  @Option(
      names = "--inventory",
      paramLabel = "FILE",
      description = "Configuration with fleet.hosts (default: ${DEFAULT-VALUE}).",
      defaultValue = "bakehouse.yml")
  private Path file = Path.of("bakehouse.yml");

  @Option(
      names = {"--host", "--only"},
      paramLabel = "NAME",
      split = ",",
      description = "These hosts only; repeatable, or with commas between.")
  private List<String> only = List.of();

  @Option(
      names = "--json",
      description = "A JSON array: host, ok, reached, status, answer, trouble.")
  private boolean json;

  Inventory inventory() {
    return Inventory.read(file);
  }

  List<Inventory.Member> hosts(Inventory inventory) {
    return inventory.select(only);
  }

  Fleet fleet() {
    Inventory inventory = inventory();
    return new Fleet(inventory, hosts(inventory));
  }

  /// What one host has to say in one line of a table.
  interface Row {
    List<String> of(Result result);
  }

  /// Prints the table or the JSON.
  ///
  /// @param heads of the columns after the host's name
  /// @param row of a host where all went well, or that answered in more than one column
  /// @return the exit status
  int tell(List<Result> results, List<String> heads, Row row) {
    if (json) {
      System.out.println(
          JsonMapper.builder()
              .build()
              .writeValueAsString(results.stream().map(Fleet::view).toList()));
    } else {
      table(results, heads, row);
    }
    return status(results);
  }

  boolean json() {
    return json;
  }

  static int status(List<Result> results) {
    if (results.stream().allMatch(Result::ok)) {
      return Exit.OK;
    }
    return results.stream().anyMatch(Result::reached) ? Exit.FAILED : Exit.INFRASTRUCTURE;
  }

  private static void table(List<Result> results, List<String> heads, Row row) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(Stream.concat(Stream.of("HOST"), heads.stream()).toList());
    for (Result result : results) {
      String what = result.word();
      String why = result.trouble().lines().reduce((_, last) -> last).orElse("");
      List<String> cells =
          result.ok() || (result.answer() != null && heads.size() > 1)
              ? row.of(result)
              : heads.size() == 1
                  ? List.of(what.isEmpty() ? why : what + ": " + why)
                  : Stream.concat(
                          Stream.concat(
                              Stream.of(what), Stream.generate(() -> "").limit(heads.size() - 2L)),
                          Stream.of(why))
                      .toList();
      lines.add(Stream.concat(Stream.of(result.host()), cells.stream()).toList());
    }
    int[] widths = new int[heads.size() + 1];
    for (List<String> line : lines) {
      for (int n = 0; n < line.size(); n++) {
        widths[n] = Math.max(widths[n], line.get(n).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int n = 0; n < line.size(); n++) {
        text.append(line.get(n)).repeat(' ', widths[n] - line.get(n).length() + 2);
      }
      System.out.println(text.toString().stripTrailing());
    }
  }
}
