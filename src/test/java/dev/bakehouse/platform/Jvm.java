package dev.bakehouse.platform;

import java.nio.file.Path;
import java.util.List;

/// Another JVM with this class path, for tests across processes.
public final class Jvm {
  private Jvm() {}

  public static Command of(Class<?> main, String... args) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    return Command.of(
            List.of(
                java,
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classes,
                main.getName()))
        .and(args);
  }
}
