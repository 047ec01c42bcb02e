package dev.bakehouse.platform;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// How to start this program again.
public final class Self {
  private static volatile List<String> started = List.of("bakehouse");

  private Self() {}

  /// What this process was started for, without any value it was given: `image prune`.
  public static String command() {
    return started.stream()
        .takeWhile(word -> word.matches("[a-z][a-z-]*"))
        .limit(2)
        .collect(Collectors.joining(" "));
  }

  /// Of the jar; `development` for classes that are in none.
  public static String version() {
    String version = Self.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /// Notes [#command], of which few ask: it takes as long as a tenth of what a short command does.
  public static void startedAs(String[] arguments) {
    started = List.of(arguments);
  }

  /// The argument list that runs `bakehouse VERB…` with this JVM and class path, without a shell
  /// between.
  public static List<String> argv(String... verb) {
    return argv(List.of(), verb);
  }

  /// The same with more options for the JVM.
  public static List<String> argv(List<String> options, String... verb) {
    return argv(options, "", System.getProperty("java.class.path"), verb);
  }

  /// The same of a program that will need the SDK of S3: with it on the class path, and a start-up
  /// cache that knows it. Where the program is not packed, all is on the class path already.
  public static List<String> argvWithS3(List<String> options, String... verb) {
    String own = System.getProperty("java.class.path");
    if (own.contains(File.pathSeparator)) {
      return argv(options, verb);
    }
    try (Stream<Path> jars = Files.list(Path.of(own).resolveSibling("lib/s3"))) {
      String all =
          jars.map(Path::toString).sorted().collect(Collectors.joining(File.pathSeparator));
      return argv(options, "-s3", own + File.pathSeparator + all, verb);
    } catch (IOException e) {
      // It says so itself when it comes to that.
      return argv(options, verb);
    }
  }

  private static List<String> argv(
      List<String> options, String suffix, String classPath, String... verb) {
    List<String> argv = new ArrayList<>();
    argv.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    argv.addAll(options);
    argv.addAll(List.of("-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"));
    String words = Stream.of(verb).limit(2).collect(Collectors.joining("-"));
    Path own = root().resolve("target/" + words + suffix + ".aot");
    Path aot = Files.exists(own) ? own : root().resolve("target/bakehouse.aot");
    if (Files.exists(aot) && !System.getProperty("java.class.path").contains(File.pathSeparator)) {
      argv.addAll(List.of("-XX:AOTCache=" + aot, "-Xlog:aot=off", "-Xlog:cds=off"));
    }
    argv.add("-Dbakehouse.root=" + root());
    argv.addAll(List.of("-cp", classPath, "dev.bakehouse.cli.Main"));
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
