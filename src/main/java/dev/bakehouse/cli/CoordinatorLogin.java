package dev.bakehouse.cli;

import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.buildkite.WebCode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse coordinator login`. Buildkite has no such links, so `api.url` of a configuration
/// counts for nothing here.
@Command(
    name = "login",
    mixinStandardHelpOptions = true,
    description =
        "Prints a link that opens the coordinator's web page, once, for whoever has it. The page only"
            + " reads.")
final class CoordinatorLogin implements Callable<Integer> {
  @Mixin private ServerAddress server = new ServerAddress();

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "The coordinator's state directory (${DEFAULT-VALUE}).")
  private Path state = Path.of(".bakehouse/coordinator");

  @Override
  public Integer call() {
    RestClient client = server.client(Optional.empty(), Optional.empty(), state);
    WebCode code = client.webCode();
    System.out.println(client.address().resolve("/") + "#login=" + code.code());
    System.err.println("Good once, for " + code.seconds() / 60 + " minutes.");
    return Exit.OK;
  }
}
