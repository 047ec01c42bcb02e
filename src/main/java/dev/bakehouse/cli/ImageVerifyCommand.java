package dev.bakehouse.cli;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Repair;
import dev.bakehouse.image.Verify;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
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

  @Option(names = "--all", description = "All images, as when none is named.")
  boolean all;

  @Option(
      names = "--repair",
      description = "Fetch what is damaged from where the image came from or was pushed to.")
  boolean repair;

  @Override
  public Integer call() {
    if (all && !names.isEmpty()) {
      throw new UserError("image verify: --all and names", "Give one of the two.");
    }
    ImageStore store = options.store();
    List<Verify.Finding> findings =
        (names.isEmpty() ? everything(store) : names)
            .stream().map(name -> Verify.of(store, name)).toList();
    StringBuilder text = new StringBuilder();
    List<Map<String, Object>> shown = new ArrayList<>();
    boolean whole = true;
    for (Verify.Finding finding : findings) {
      Map<String, Object> one = shown(finding);
      String verdict = finding.ok() ? "whole" : "DAMAGED: " + String.join("; ", finding.wrong());
      boolean ok = finding.ok();
      if (!ok && repair) {
        try {
          Verify.Finding now =
              new Repair(store, options.repositories(), options.log()).run(finding);
          ok = now.ok();
          verdict += ok ? "; repaired" : "; not repaired: " + String.join("; ", now.wrong());
        } catch (UserError e) {
          verdict += "; not repaired: " + e.getMessage() + ". " + e.remedy();
        }
        one.put("repaired", ok);
      }
      whole &= ok;
      shown.add(one);
      text.append(finding.name()).append(": ").append(verdict).append("\n");
    }
    options.print(shown, text.toString().stripTrailing());
    return whole ? Exit.OK : Exit.FAILED;
  }

  /// Also what has lost its record, where nobody but Bakehouse keeps anything.
  private List<String> everything(ImageStore store) {
    List<String> found = new ArrayList<>(store.list().stream().map(LocalImage::name).toList());
    found.addAll(options.damagedRecords(store));
    return found.stream().sorted().toList();
  }

  private static Map<String, Object> shown(Verify.Finding finding) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", finding.name());
    all.put("ok", finding.ok());
    all.put("expected", finding.expected());
    all.put("found", finding.found());
    all.put("wrong", finding.wrong());
    return all;
  }
}
