package dev.bakehouse.local;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The example project as a git repository of its own, made from `examples/oven`.
final class ExampleRepository {
  /// The file of the second commit, and the change in it: one line of real source.
  private static final String EDITED = "src/cpp/words.cpp";

  private final Path dir;

  private ExampleRepository(Path dir) {
    this.dir = dir;
  }

  static ExampleRepository make(Path source, Path dir) {
    Directories.delete(dir);
    try {
      Files.createDirectories(dir);
    } catch (IOException e) {
      throw new UserError(
          "Could not make " + dir + ": " + Reason.of(e),
          "Check its parent's owner and free space.",
          e);
    }
    // The CMake module is a link to Bakehouse's own.
    Command.of("cp", "-RL", source + "/.", dir.toString()).check();
    ExampleRepository repository = new ExampleRepository(dir);
    repository.git("init", "--quiet", "--initial-branch=main");
    repository.commit("Oven");
    return repository;
  }

  Path dir() {
    return dir;
  }

  /// Changes one source file, as a person would: a better message.
  void edit() throws IOException {
    Path file = dir.resolve(EDITED);
    String text = Files.readString(file);
    String before = "\"unknown command \"";
    if (!text.contains(before)) {
      throw new UserError(
          "The example's " + EDITED + " has no " + before + " to change",
          "Restore examples/oven from git.");
    }
    String edited = text.replace(before, "\"there is no command; unknown command \"");
    Files.writeString(file, edited);
    commit("Say more about an unknown command");
  }

  String head() {
    return git("rev-parse", "HEAD");
  }

  private void commit(String message) {
    git("add", "--all");
    git("commit", "--quiet", "--message", message);
  }

  private String git(String... arguments) {
    return Command.of(
            "git",
            "-c",
            "user.name=Bakehouse",
            "-c",
            "user.email=demo@localhost",
            "-c",
            "commit.gpgsign=false")
        .and(arguments)
        .in(dir)
        .check()
        .text();
  }
}
