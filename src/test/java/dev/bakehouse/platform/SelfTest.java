package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfTest {
  private static final String CLASS_PATH = "java.class.path";

  @TempDir Path dir;
  private final String usual = System.getProperty(CLASS_PATH);

  @AfterEach
  void asItWas() {
    System.setProperty(CLASS_PATH, usual);
  }

  /// In the launcher's order, or the start-up cache would not fit.
  @Test
  void theSdkOfS3IsOnTheClassPathOfAPackedProgramThatAsksForIt() throws IOException {
    Path s3 = Files.createDirectories(dir.resolve("lib/s3"));
    for (String jar : List.of("b.jar", "a-2.jar", "a.jar", "Z.jar")) {
      Files.createFile(s3.resolve(jar));
    }
    String program = dir.resolve("bakehouse.jar").toString();
    System.setProperty(CLASS_PATH, program);
    assertThat(Self.argvWithS3(List.of(), "job", "bootstrap"))
        .containsSubsequence(
            "-cp",
            program + ":" + s3 + "/Z.jar:" + s3 + "/a-2.jar:" + s3 + "/a.jar:" + s3 + "/b.jar",
            "dev.bakehouse.cli.Main",
            "job",
            "bootstrap");
    assertThat(Self.argv("job", "bootstrap")).containsSubsequence("-cp", program);
  }

  @Test
  void aProgramThatIsNotPackedHasAllAlready() {
    assertThat(Self.argvWithS3(List.of("-X"), "job", "bootstrap"))
        .isEqualTo(Self.argv(List.of("-X"), "job", "bootstrap"));
  }
}
