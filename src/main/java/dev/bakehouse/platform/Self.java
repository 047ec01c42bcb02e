package dev.bakehouse.platform;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// How to start this program again.
public final class Self {
  private static volatile String command = "bakehouse";

  private Self() {}

  /// What this process was started for, without any value it was given: `image prune`.
  public static String command() {
    return command;
  }

  /// Notes [#command].
  public static void startedAs(String[] arguments) {
    command =
        Stream.of(arguments)
            .takeWhile(word -> word.matches("[a-z][a-z-]*"))
            .limit(2)
            .collect(Collectors.joining(" "));
  }

  /// The argument list that runs `bakehouse VERB…` with this JVM and class path, without a shell
  /// between.
  public static List<String> argv(String... verb) {
    return argv(List.of(), verb);
  }

  /// The same with more options for the JVM.
  public static List<String> argv(List<String> options, String... verb) {
    List<String> argv = new ArrayList<>();
    argv.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    argv.addAll(options);
    argv.addAll(List.of("-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"));
    String words = Stream.of(verb).limit(2).collect(Collectors.joining("-"));
    Path own = root().resolve("target/" + words + ".aot");
    Path aot = Files.exists(own) ? own : root().resolve("target/bakehouse.aot");
    if (Files.exists(aot) && !System.getProperty("java.class.path").contains(File.pathSeparator)) {
      argv.addAll(List.of("-XX:AOTCache=" + aot, "-Xlog:aot=off", "-Xlog:cds=off"));
    }
    argv.add("-Dbakehouse.root=" + root());
    argv.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.bakehouse.cli.Main"));
    argv.addAll(List.of(verb));
    return argv;
  }

  /// The installation's directory: the checkout.
  public static Path root() {
    return Path.of(System.getProperty("bakehouse.root", ".")).toAbsolutePath().normalize();
  }

  /// Quotes an argument list for a program that splits it like a POSIX shell, such as the agent's
  /// `bootstrap-script`.
  public static String shellWords(List<String> argv) {
    return String.join(" ", argv.stream().map(Self::quote).toList());
  }

  /// The same of one word.
  public static String quote(String word) {
    return word.matches("[A-Za-z0-9_./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
