package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Fingerprints of what goes into a step, of commits in a real mirror.
class StepInputsTest {
  @TempDir Path dir;
  private Path repository;
  private final Map<String, String> env = new TreeMap<>();
  private String content = "sha256:image";

  @BeforeEach
  void repository() throws IOException {
    repository = make("main");
    write("src/cpp/a.cpp", "a");
    write("src/cpp/with space.h", "b");
    write("src/zig/b.zig", "b");
    write("CMakeLists.txt", "c");
    write("README.md", "d");
    commit();
    env.put("BAKEHOUSE_INPUTS", "src/cpp/** CMakeLists.txt");
    env.put("BUILDKITE_STEP_KEY", "cpp");
    env.put("BUILDKITE_COMMAND", "make");
    env.put("LEVEL", "2");
  }

  @Test
  void onlyWhatIsDeclaredChangesIt() throws IOException {
    String first = fingerprint();
    write("README.md", "other");
    write("src/zig/b.zig", "other");
    write("src/cppp", "new");
    commit();
    assertThat(fingerprint()).isEqualTo(first);

    write("src/cpp/a.cpp", "other");
    commit();
    String content = fingerprint();
    assertThat(content).isNotEqualTo(first);
    assertThat(repository.resolve("src/cpp/a.cpp").toFile().setExecutable(true)).isTrue();
    commit();
    String mode = fingerprint();
    assertThat(mode).isNotEqualTo(content);
    Files.move(repository.resolve("src/cpp/a.cpp"), repository.resolve("src/cpp/c.cpp"));
    commit();
    assertThat(fingerprint()).isNotEqualTo(mode);
  }

  @Test
  void whatWouldRunAndWhereChangesIt() throws IOException {
    String first = fingerprint();
    for (String name :
        new String[] {
          "BUILDKITE_COMMAND",
          "BUILDKITE_STEP_KEY",
          "BUILDKITE_ARTIFACT_PATHS",
          "BUILDKITE_PLUGINS",
          "BUILDKITE_PARALLEL_JOB",
          "LEVEL",
          "BAKEHOUSE_TARGET",
        }) {
      String before = env.put(name, "other");
      assertThat(fingerprint()).as(name).isNotEqualTo(first);
      env.put(name, before);
      env.values().removeIf(java.util.Objects::isNull);
    }
    content = "sha256:other";
    assertThat(fingerprint()).isNotEqualTo(first);
    content = "sha256:image";
    write(".buildkite/hooks/pre-command", "exit 1");
    commit();
    String hooks = fingerprint();
    assertThat(hooks).isNotEqualTo(first);
    write("src/.gitattributes", "* eol=crlf");
    commit();
    assertThat(fingerprint()).isNotEqualTo(hooks);
  }

  @Test
  void whatDiffersFromBuildToBuildDoesNotUnlessItIsNamed() {
    String first = fingerprint();
    env.put("BUILDKITE_BRANCH", "topic");
    env.put("BAKEHOUSE_FORCE_BUILDS", "true");
    assertThat(fingerprint()).isEqualTo(first);
    assertThat(inputs().forced()).isTrue();

    env.put("BAKEHOUSE_INPUTS", "src/cpp CMakeLists.txt env:BUILDKITE_BRANCH");
    String topic = fingerprint();
    env.put("BUILDKITE_BRANCH", "main");
    assertThat(fingerprint()).isNotEqualTo(topic);
  }

  @Test
  void someFilesAreLeftOut() throws IOException {
    env.put("BAKEHOUSE_INPUTS", "src/** !src/**/*.zig");
    String first = fingerprint();
    write("src/zig/b.zig", "other");
    commit();
    assertThat(fingerprint()).isEqualTo(first);
    write("src/cpp/a.cpp", "other");
    commit();
    assertThat(fingerprint()).isNotEqualTo(first);
  }

  @Test
  void submodulesCountByTheirCommit() throws IOException {
    Path library = make("library");
    env.put("BAKEHOUSE_INPUTS", "src/cpp/** deps/lib/include/*.h");
    Files.writeString(library.resolve("x.h"), "1");
    commit(library);
    git(
        repository,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "../library",
        "deps/lib");
    commit();
    String first = fingerprint();
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "nothing");
    assertThat(fingerprint()).isEqualTo(first);
    Files.writeString(repository.resolve("deps/lib/x.h"), "2");
    commit(repository.resolve("deps/lib"));
    commit();
    assertThat(fingerprint()).isNotEqualTo(first);
  }

  @Test
  void whatIsNotThereIsNamed() {
    env.put("BAKEHOUSE_INPUTS", "src/cpp/** scr/zig/**");
    assertThatThrownBy(this::fingerprint)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("`scr/zig/**`");
    env.put("BAKEHOUSE_INPUTS", "/etc/passwd");
    assertThatThrownBy(this::fingerprint).isInstanceOf(UserError.class);
    env.put("BAKEHOUSE_INPUTS", "src/cpp");
    content = "";
    assertThatThrownBy(this::fingerprint)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("image");
    env.put("BAKEHOUSE_INPUTS", " \n");
    assertThat(inputs().declared()).isFalse();
  }

  private StepInputs inputs() {
    return new StepInputs(new Job(env, new LinkedHashMap<>(env)));
  }

  private String fingerprint() {
    String commit = Command.of("git", "rev-parse", "HEAD").in(repository).check().text();
    GitMirror mirror = GitMirror.of(dir.resolve("mirrors"), repository.toString());
    mirror.ensure(commit, "main");
    return inputs().fingerprint(mirror.files(commit), content);
  }

  private Path make(String name) throws IOException {
    Path made = Files.createDirectory(dir.resolve(name));
    git(made, "init", "--quiet", "-b", "main");
    return made;
  }

  private void write(String path, String text) throws IOException {
    Path file = repository.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void commit() {
    commit(repository);
  }

  private static void commit(Path in) {
    git(in, "add", "--all");
    git(in, "commit", "--quiet", "-m", "change");
  }

  private static void git(Path in, String... arguments) {
    Command.of("git", "-c", "user.name=t", "-c", "user.email=t@example.org")
        .and(arguments)
        .in(in)
        .check();
  }
}
