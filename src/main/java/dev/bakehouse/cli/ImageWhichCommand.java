package dev.bakehouse.cli;

import dev.bakehouse.image.Branch;
import dev.bakehouse.image.Checkout;
import dev.bakehouse.image.Names;
import dev.bakehouse.image.Version;
import dev.bakehouse.image.Wanted;
import dev.bakehouse.image.Which;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse image which`
@Command(
    name = "which",
    mixinStandardHelpOptions = true,
    description = "Say which image is wanted and what ensure would do.")
final class ImageWhichCommand implements Callable<Integer> {
  @Mixin ImageOptions options = new ImageOptions();

  @Option(names = "--force-refresh", description = "Pass over the local image.")
  boolean forceRefresh;

  @Option(names = "--release", paramLabel = "N", description = "macOS release: 13, 14 or 15.")
  @Nullable Integer release;

  @Option(
      names = "--print",
      paramLabel = "FIELD",
      description = "Only one of: version, local, remote, latest.")
  @Nullable String field;

  @Override
  public Integer call() {
    if ("version".equals(field)) {
      System.out.println(Version.of(options.checkout()).text());
      return Exit.OK;
    }
    if (field != null && List.of("local", "remote", "latest").contains(field)) {
      Checkout checkout = options.checkout();
      Names names = Names.of(options.imageConfig(release), Version.of(checkout), checkout.remote());
      System.out.println(
          switch (field) {
            case "local" -> names.local();
            case "latest" -> names.latest();
            case String _ -> names.remote();
          });
      return Exit.OK;
    }
    Wanted wanted = options.wanted(options.imageConfig(release));
    Map<String, Object> all =
        new LinkedHashMap<>(
            Which.of(
                wanted,
                Branch.of(System.getenv(), wanted.checkout()),
                options.store(),
                options.repositories(),
                options.log(),
                forceRefresh));
    if (field != null) {
      System.out.println(all.getOrDefault(field, ""));
      return Exit.OK;
    }
    StringBuilder text = new StringBuilder();
    all.forEach(
        (key, value) -> {
          if (value instanceof List<?> several) {
            several.forEach(one -> text.append("%-9s %s%n".formatted("", one)));
          } else {
            text.append("%-9s %s%n".formatted(key, value));
          }
        });
    options.print(all, text.toString().stripTrailing());
    return Exit.OK;
  }
}
