package dev.bakehouse.cli;

import dev.bakehouse.coordinator.ApiScope;
import dev.bakehouse.coordinator.ApiTokens;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse coordinator token …`.
@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description = "Makes and ends tokens of a coordinator's REST API that may do only some things.",
    subcommands = {
      CoordinatorTokenCommand.Create.class,
      CoordinatorTokenCommand.ListTokens.class,
      CoordinatorTokenCommand.Remove.class
    })
final class CoordinatorTokenCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    System.err.println("Name one of create, list, remove.");
    return Exit.USAGE;
  }

  /// Of which coordinator; it may run meanwhile.
  abstract static class OfState implements Callable<Integer> {
    @Option(
        names = "--state",
        paramLabel = "DIR",
        description = "The coordinator's state directory (${DEFAULT-VALUE}).")
    private Path state = Path.of(".bakehouse/coordinator");

    ApiTokens tokens() {
      if (!Files.isDirectory(state.resolve("tokens"))) {
        throw new UserError(
            "No coordinator has used the state directory " + state,
            "Name the one of `bakehouse coordinator --state`.");
      }
      return new ApiTokens(state);
    }
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Makes a token and writes it to a file for --token-file, mode 600.")
  static final class Create extends OfState {
    @Option(
        names = "--scope",
        paramLabel = "SCOPE",
        required = true,
        description = "What it may do, such as read_builds; repeatable.")
    private List<String> scopes = List.of();

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to.")
    private Path out = Path.of("");

    @Parameters(paramLabel = "NAME", description = "What it is for.")
    private String name = "";

    @Override
    public Integer call() {
      Set<ApiScope> wanted = EnumSet.noneOf(ApiScope.class);
      scopes.forEach(scope -> wanted.add(named(scope)));
      if (Files.exists(out)) {
        throw new UserError(out + " is there already", "Name a new file with --out.");
      }
      ApiTokens tokens = tokens();
      byte[] token = tokens.create(name, wanted).getBytes(StandardCharsets.UTF_8);
      try {
        Directories.writePrivate(out, token);
      } catch (UserError e) {
        // Nobody has it.
        tokens.remove(name);
        throw e;
      }
      return Exit.OK;
    }

    private static ApiScope named(String word) {
      return Arrays.stream(ApiScope.values())
          .filter(scope -> scope.wire().equals(word))
          .findFirst()
          .orElseThrow(
              () ->
                  new UserError(
                      "`" + word + "` is no scope",
                      "Use some of "
                          + Arrays.stream(ApiScope.values())
                              .map(ApiScope::wire)
                              .collect(Collectors.joining(", "))
                          + "."));
    }
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Shows the tokens' names and scopes.")
  static final class ListTokens extends OfState {
    @Override
    public Integer call() {
      for (ApiTokens.Token token : tokens().list()) {
        String scopes =
            token.scopes().stream().sorted().map(ApiScope::wire).collect(Collectors.joining(" "));
        System.out.println(token.name() + "  " + token.created() + "  " + scopes);
      }
      return Exit.OK;
    }
  }

  @Command(name = "remove", mixinStandardHelpOptions = true, description = "Ends a token.")
  static final class Remove extends OfState {
    @Parameters(paramLabel = "NAME", description = "Its name.")
    private String name = "";

    @Override
    public Integer call() {
      tokens().remove(name);
      return Exit.OK;
    }
  }
}
