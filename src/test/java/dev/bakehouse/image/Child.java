package dev.bakehouse.image;

import dev.bakehouse.platform.Command;
import java.nio.file.Path;

/// `bakehouse image …` in a process of its own, which may be killed.
record Child(Path state) {
  Process start(String... args) {
    return command(args).startInto(log());
  }

  Command command(String... args) {
    return Command.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.bakehouse.cli.Main",
            "image")
        .and(args)
        .and("--state", state.toString(), "--plain-http");
  }

  Path log() {
    return state.resolveSibling(state.getFileName() + ".log");
  }
}
