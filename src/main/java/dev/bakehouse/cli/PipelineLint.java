package dev.bakehouse.cli;

import dev.bakehouse.pipeline.Finding;
import dev.bakehouse.pipeline.FleetConfig;
import dev.bakehouse.pipeline.Lint;
import dev.bakehouse.pipeline.WrittenPipeline;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse pipeline lint`: 0 clean, 1 findings, 2 unreadable.
@Command(
    name = "lint",
    mixinStandardHelpOptions = true,
    description = "Looks for mistakes: 0 none, 1 some, 2 when the pipeline can not be read.")
final class PipelineLint implements Callable<Integer> {
  @Mixin private WrittenSource source = new WrittenSource();

  @Option(names = "--json", description = "Print the findings as JSON.")
  private boolean json;

  @Option(
      names = "--known-step",
      paramLabel = "KEY",
      description = "A step that is in the build already. May be repeated.")
  private Set<String> known = Set.of();

  @Override
  public Integer call() throws IOException {
    WrittenPipeline pipeline;
    FleetConfig fleet;
    try {
      pipeline = source.pipeline();
      fleet = source.fleet();
    } catch (UserError e) {
      int _ = Exit.of(e);
      return Exit.USAGE;
    }
    List<Finding> findings = Lint.check(pipeline, fleet, known);
    if (json) {
      System.out.println(JsonMapper.shared().writeValueAsString(Map.of("findings", findings)));
    } else {
      findings.forEach(PipelineLint::print);
    }
    return findings.stream().allMatch(Finding::harmless) ? Exit.OK : Exit.FAILED;
  }

  private static void print(Finding finding) {
    String step = finding.step().isEmpty() ? "" : "step `" + finding.step() + "`: ";
    System.out.println(
        finding.file()
            + ":"
            + finding.line()
            + ": "
            + step
            + finding.what()
            + " ["
            + finding.rule()
            + "]");
    System.out.println("  " + finding.remedy());
  }
}
