package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/// Every command of the program explains itself, and says what is wrong with what it was given.
class CommandTreeTest {
  /// What each command that does something is given, and its status; `DIR` is an empty directory,
  /// `FILE` a file with the one word `nonsense`.
  private static final Map<String, Wrong> WRONG = new LinkedHashMap<>();

  private record Wrong(int status, String arguments) {}

  static {
    wrong("demo", Exit.USAGE, "extra");
    wrong("run", Exit.INFRASTRUCTURE, "DIR/none.yml --state DIR");
    wrong("job bootstrap", Exit.INFRASTRUCTURE, "");
    wrong("job run", Exit.INFRASTRUCTURE, "--config FILE -- true");
    wrong("job rerun", Exit.INFRASTRUCTURE, "1/a --pipeline p --state DIR");
    wrong("host run", Exit.FAILED, "--config FILE");
    for (String verb : List.of("on", "off", "list")) {
      wrong("host quarantine " + verb, Exit.FAILED, "--config FILE");
    }
    wrong("host quarantine release", Exit.FAILED, "none --state DIR");
    for (String verb : List.of("install", "uninstall", "restart")) {
      wrong("host " + verb, Exit.FAILED, "--config FILE");
    }
    for (String verb : List.of("status", "drain", "undrain", "upgrade")) {
      wrong("fleet " + verb, Exit.FAILED, "--inventory FILE");
    }
    wrong("fleet exec", Exit.FAILED, "--inventory FILE -- true");
    wrong("host status", Exit.FAILED, "--state DIR");
    wrong("host check", Exit.FAILED, "--state DIR");
    wrong("host drain", Exit.FAILED, "--state FILE/below");
    wrong("host undrain", Exit.FAILED, "--config FILE");
    wrong("host force", Exit.FAILED, "perhaps --state DIR");
    wrong("pipeline generate", Exit.FAILED, "FILE");
    wrong("pipeline upload", Exit.FAILED, "FILE");
    wrong("pipeline adapt", Exit.FAILED, "FILE");
    wrong("pipeline lint", Exit.USAGE, "FILE");
    wrong("pipeline explain", Exit.FAILED, "FILE");
    wrong("pipeline status", Exit.FAILED, "--target linux-x64");
    for (String verb : List.of("create x --scope read_builds --out DIR/t", "list", "remove x")) {
      String name = "coordinator token " + verb.split(" ")[0];
      wrong(name, Exit.FAILED, verb.substring(verb.split(" ")[0].length()) + " --state DIR/none");
    }
    for (String verb : List.of("show 1", "cancel 1", "rebuild 1", "log 1 x", "create", "list")) {
      String name = verb.split(" ")[0];
      wrong(
          "build " + name,
          Exit.FAILED,
          verb.substring(name.length()) + " --pipeline p --state DIR");
    }
    wrong("build retry", Exit.FAILED, "1 --pipeline p --state DIR");
    wrong("build unblock", Exit.FAILED, "nonsense --state DIR");
    wrong("performance compare", Exit.USAGE, "FILE FILE");
    wrong("tests flaky", Exit.FAILED, "--pipeline p --state DIR");
    wrong("explain", Exit.FAILED, "1/a --state DIR");
    wrong("coordinator login", Exit.FAILED, "--state DIR");
    for (String verb : List.of("ensure", "build", "which")) {
      wrong("image " + verb, Exit.FAILED, "--config FILE");
    }
    wrong("image promote", Exit.FAILED, "no/reference:?! --state DIR");
    wrong("image rollback", Exit.FAILED, "--config FILE");
    wrong("image distribute", Exit.FAILED, "some --config FILE");
    wrong("image refresh", Exit.FAILED, "--config FILE");
    wrong("image rollout keygen", Exit.FAILED, "--out FILE");
    wrong("image prune", Exit.USAGE, "--older-than soon");
    wrong("image list", Exit.USAGE, "extra");
    wrong("image pull", Exit.FAILED, "no/reference:?! --state DIR");
    wrong("image push", Exit.FAILED, "none oci:DIR:tag --state DIR");
    wrong("image show", Exit.FAILED, "none --state DIR");
    wrong("image history", Exit.FAILED, "none --state DIR");
    wrong("image verify", Exit.FAILED, "none --state DIR");
    wrong("image pin", Exit.FAILED, "none --state DIR");
    wrong("image tag", Exit.FAILED, "none other --state DIR");
    wrong("image delete", Exit.FAILED, "none --state DIR");
    wrong("image import", Exit.FAILED, "new DIR/none --state DIR");
    wrong("vm list", Exit.USAGE, "extra");
    wrong("vm create", Exit.FAILED, "a --image none --state DIR");
    wrong("vm run", Exit.FAILED, "none --state DIR");
    for (String verb : List.of("stop", "ip", "delete", "reset")) {
      wrong("vm " + verb, Exit.FAILED, "none --state DIR");
    }
    wrong("vm snapshot", Exit.FAILED, "none key --state DIR");
    wrong("vm clone", Exit.FAILED, "none copy --state DIR");
    wrong("vm exec", Exit.INFRASTRUCTURE, "--state DIR none -- true");
    wrong("vm ssh", Exit.INFRASTRUCTURE, "--state DIR none");
    for (String verb : List.of("save", "restore", "show")) {
      String path = verb.equals("show") ? "" : " --path DIR";
      wrong("cache " + verb, Exit.FAILED, "--store dir:DIR --kind none" + path);
    }
    wrong("cache explain", Exit.FAILED, "--store dir:DIR --kind none");
    for (String verb : List.of("restore", "save")) {
      wrong("cache step " + verb, Exit.FAILED, "--store dir:DIR --kind none --cache-path DIR");
    }
    for (String verb : List.of("list", "gc", "verify", "stats")) {
      wrong("cache " + verb, Exit.FAILED, "--store floppy:a");
    }
    wrong("cache volumes list", Exit.FAILED, "--config FILE");
    wrong("cache volumes pin", Exit.FAILED, "none --state DIR");
    wrong("cache volumes prune", Exit.FAILED, "none --state DIR");
    wrong("cache volumes publish", Exit.FAILED, "--config FILE");
  }

  @TempDir Path dir;

  private record Result(int status, String out, String err) {}

  private static void wrong(String command, int status, String arguments) {
    WRONG.put(command, new Wrong(status, arguments));
  }

  static Stream<String> commands() {
    return all(Main.line()).keySet().stream();
  }

  static Stream<String> leaves() {
    return all(Main.line()).entrySet().stream()
        .filter(e -> e.getValue().getSubcommands().isEmpty())
        .map(Map.Entry::getKey);
  }

  @Test
  void nothingIsForgotten() {
    assertThat(WRONG.keySet()).containsExactlyInAnyOrderElementsOf(leaves().toList());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void explainsItself(String command) {
    CommandSpec spec = all(Main.line()).get(command).getCommandSpec();
    assertThat(spec.usageMessage().description()).as("description").isNotEmpty();
    for (ArgSpec argument : spec.args()) {
      assertThat(String.join("", argument.description()))
          .as(argument.paramLabel() + " " + argument)
          .isNotBlank();
    }
    Result help = run(words(command), "--help");
    assertThat(help.status()).isEqualTo(Exit.OK);
    assertThat(help.err()).isEmpty();
    String first = spec.usageMessage().description()[0].split(" ")[0];
    assertThat(help.out()).contains("Usage: " + ("bakehouse " + command).strip()).contains(first);
    spec.subcommands().keySet().forEach(name -> assertThat(help.out()).contains("  " + name));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void refusesAnUnknownOption(String command) {
    List<String> arguments = new ArrayList<>(List.of("--no-such-option"));
    CommandSpec spec = all(Main.line()).get(command).getCommandSpec();
    spec.options().stream()
        .filter(ArgSpec::required)
        .forEach(option -> arguments.addAll(List.of(option.longestName(), "1")));
    spec.positionalParameters().stream().filter(ArgSpec::required).forEach(_ -> arguments.add("1"));
    Result result = run(words(command), arguments.toArray(String[]::new));
    assertThat(result.status()).isEqualTo(Exit.USAGE);
    assertThat(result.err()).contains("--no-such-option").doesNotContain("\tat ");
    assertThat(result.out()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("leaves")
  void saysWhatIsWrong(String command) throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "nonsense");
    Path empty = Files.createDirectory(dir.resolve("empty"));
    Wrong wrong = WRONG.get(command);
    String arguments =
        wrong.arguments().replace("DIR", empty.toString()).replace("FILE", file.toString());
    Result result = run(words(command), words(arguments).toArray(String[]::new));
    assertThat(result.status()).as(result.err()).isEqualTo(wrong.status());
    assertThat(result.err()).isNotBlank().doesNotContain("\tat ").doesNotContain("internal fault");
    if (wrong.status() != Exit.USAGE) {
      assertThat(result.err().lines().filter(l -> l.matches(" {2}\\S.*\\.")))
          .as("what to do next, in:\n" + result.err())
          .isNotEmpty();
    }
    assertThat(file).hasContent("nonsense");
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split(" +"));
  }

  private static Map<String, CommandLine> all(CommandLine root) {
    Map<String, CommandLine> found = new LinkedHashMap<>();
    collect("", root, found);
    return found;
  }

  private static void collect(String path, CommandLine line, Map<String, CommandLine> found) {
    found.put(path, line);
    line.getSubcommands().forEach((name, sub) -> collect((path + " " + name).strip(), sub, found));
  }

  private static Result run(List<String> command, String... arguments) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(arguments));
    PrintStream out = System.out;
    PrintStream err = System.err;
    InputStream in = System.in;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
      System.setIn(new ByteArrayInputStream(new byte[0]));
      int status = Main.run(all.toArray(String[]::new));
      return new Result(
          status,
          said.toString(StandardCharsets.UTF_8),
          complained.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
      System.setIn(in);
    }
  }
}
