package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `scripts/build.sh` with a Maven and a Java that do next to nothing.
class BuildScriptTest {
  @TempDir Path root;

  @BeforeEach
  void programs() throws IOException {
    Files.createDirectories(root.resolve("src/main"));
    Files.writeString(root.resolve("pom.xml"), "");
    program(
        "mvn",
        "echo >>builds; mkdir -p target/lib; echo >target/lib/a.jar; echo >target/bakehouse.jar");
    program(
        "java",
        """
        case "$*" in
          *jdk.httpserver*) echo $$ >server; echo "127.0.0.1 port 1"; exec sleep 100 ;;
          *"image pull"*) [ ! -e hang ] || { echo >pulling; exec sleep 100; } ;;
        esac""");
  }

  @Test
  void whatCtrlCEndedHoldsNoLockAndIsDoneTheNextTime() throws Exception {
    Path hang = Files.writeString(root.resolve("hang"), "");
    Process build = build().startInto(root.resolve("log"));
    Poll.until(
        "the recording to begin",
        Duration.ofSeconds(30),
        () -> Optional.of(true).filter(_ -> Files.exists(root.resolve("pulling"))));
    // As a terminal does: to all of the group, of which what runs in the background ignores it.
    Command.of("kill", "-INT", "--", "-" + build.pid()).check();
    assertThat(build.waitFor()).isNotZero();
    long server = Long.parseLong(Files.readString(root.resolve("server")).strip());
    Poll.until(
        "the web server to end",
        Duration.ofSeconds(10),
        () -> Optional.of(true).filter(_ -> ProcessHandle.of(server).isEmpty()));
    Files.delete(hang);
    build().deadline(Duration.ofSeconds(30)).check();
    assertThat(Files.readAllLines(root.resolve("builds"))).hasSize(2);
    build().deadline(Duration.ofSeconds(30)).check();
    assertThat(Files.readAllLines(root.resolve("builds"))).as("it came to its end").hasSize(2);
  }

  /// A coordinator or a host goes on reading classes from the jar it began with.
  @Test
  void aProgramThatRunsKeepsItsJar() throws IOException {
    Path jar = root.resolve("target/bakehouse.jar");
    Files.createDirectories(root.resolve("target"));
    Files.writeString(jar, "the old one");
    try (InputStream running = Files.newInputStream(jar)) {
      build().deadline(Duration.ofSeconds(30)).check();
      assertThat(Files.readString(jar)).isEqualTo("\n");
      assertThat(new String(running.readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("the old one");
    }
  }

  private Command build() {
    String script = Self.root().resolve("scripts/build.sh").toString();
    return Command.of(
            "perl",
            "-MPOSIX",
            "-e",
            "$SIG{INT} = 'DEFAULT'; setpgrp(0, 0); exec @ARGV",
            "bash",
            "-euc",
            "JAVA=$PWD/bin/java; root=$PWD; PATH=$PWD/bin:$PATH; . \"$1\"; build_jar",
            "build",
            script)
        .in(root);
  }

  private void program(String name, String body) throws IOException {
    Path file = root.resolve("bin").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
