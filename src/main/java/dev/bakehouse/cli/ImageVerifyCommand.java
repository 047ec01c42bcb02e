package dev.bakehouse.cli;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Verify;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `bakehouse image verify`
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = "Read images again and compare them with their digests; 1 when one is damaged.")
final class ImageVerifyCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Parameters(paramLabel = "NAME", arity = "0..*", description = "All when none is named.")
  List<String> names = List.of();

  @Override
  public Integer call() {
    ImageStore store = options.store();
    List<LocalImage> images =
        names.isEmpty() ? store.list() : names.stream().map(store::get).toList();
    List<Verify.Finding> findings = images.stream().map(Verify::of).toList();
    StringBuilder text = new StringBuilder();
    for (Verify.Finding finding : findings) {
      String verdict =
          finding.ok()
              ? "whole"
              : "DAMAGED: expected " + finding.expected() + ", found " + finding.found();
      text.append(finding.name()).append(": ").append(verdict).append("\n");
    }
    options.print(findings, text.toString().stripTrailing());
    return findings.stream().allMatch(Verify.Finding::ok) ? Exit.OK : Exit.FAILED;
  }
}
