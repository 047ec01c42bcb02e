package dev.bakehouse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The programs in `bench/`, which no build compiles.
class BenchTest {
  @TempDir Path classes;

  @Test
  void theyFitTheCodeTheyMeasure() throws IOException {
    List<Path> programs;
    try (var all = Files.list(Path.of("bench"))) {
      programs = all.filter(file -> file.toString().endsWith(".java")).toList();
    }
    assertThat(programs).isNotEmpty();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
      boolean fits =
          compiler
              .getTask(
                  said, files, null, options, null, files.getJavaFileObjectsFromPaths(programs))
              .call();
      assertThat(fits).as(said.toString()).isTrue();
    }
  }
}
