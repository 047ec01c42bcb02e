package dev.bakehouse.image;

import dev.bakehouse.cli.Main;
import dev.bakehouse.platform.Jvm;
import java.nio.file.Path;

/// `bakehouse image …` in a process of its own, which may be killed.
record Child(Path state) {
  Process start(String... args) {
    return Jvm.of(Main.class, "image")
        .and(args)
        .and("--state", state.toString(), "--plain-http")
        .startInto(state.resolveSibling(state.getFileName() + ".log"));
  }
}
