package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mirrors with real git, the way a guest asks: through `insteadOf`, with a partial clone and
/// submodules.
class GitServerTest {
  @TempDir Path dir;

  private Path repository;

  @BeforeEach
  void makeRepository() throws IOException {
    repository = make("main", "hello\n");
  }

  @Test
  void aGuestClonesFromTheMirrorByTheRepositorysOwnAddress() throws IOException {
    String commit = head(repository);
    GitMirror mirror = GitMirror.of(dir.resolve("mirrors"), repository.toString());
    mirror.ensure(commit, "main");
    try (GitServer server =
        GitServer.start(Submodules.of(dir.resolve("mirrors"), mirror, commit, _ -> {}))) {
      Path moved = dir.resolve("moved");
      Files.move(repository, moved);
      Path clone = dir.resolve("clone");
      guest(server, "git", "clone", "--filter=blob:none", "--", mirror.url(), clone.toString())
          .check();
      assertThat(clone.resolve("file")).hasContent("hello\n");
      assertThat(head(clone)).isEqualTo(commit);
    }
  }

  @Test
  void submodulesComeFromTheirMirrorsTooAndNothingElseIsServed() throws IOException {
    Path library = make("library", "lib\n");
    Path secret = make("secret", "secret\n");
    git(
        repository,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "--quiet",
        "../library",
        "deps/lib");
    git(repository, "commit", "--quiet", "-m", "submodule");
    String commit = head(repository);
    Path mirrors = dir.resolve("mirrors");
    GitMirror mirror = GitMirror.of(mirrors, repository.toString());
    mirror.ensure(commit, "main");
    GitMirror other = GitMirror.of(mirrors, secret.toString());
    other.ensure(head(secret), "main");
    var reachable = Submodules.of(mirrors, mirror, commit, _ -> {});
    assertThat(reachable).containsOnlyKeys("file://" + repository, "file://" + library);
    try (GitServer server = GitServer.start(reachable)) {
      Path clone = dir.resolve("clone");
      guest(server, "git", "clone", "--", mirror.url(), clone.toString()).check();
      guest(server, "git", "-C", clone.toString(), "submodule", "update", "--init", "--recursive")
          .check();
      assertThat(clone.resolve("deps/lib/file")).hasContent("lib\n");
      String forbidden = "git://127.0.0.1:" + server.port() + "/" + other.dir().getFileName();
      assertThat(guest(server, "git", "ls-remote", forbidden).run().ok()).isFalse();
    }
  }

  @Test
  void aSubmoduleThatIsGoneFailsTheGuestsCheckoutAndNothingElse() throws IOException {
    Path library = make("library", "lib\n");
    git(
        repository,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "--quiet",
        "../library",
        "deps/lib");
    git(repository, "commit", "--quiet", "-m", "submodule");
    Files.move(library, dir.resolve("gone"));
    GitMirror mirror = GitMirror.of(dir.resolve("mirrors"), repository.toString());
    mirror.ensure(head(repository), "main");
    List<String> said = new ArrayList<>();
    var reachable = Submodules.of(dir.resolve("mirrors"), mirror, head(repository), said::add);
    assertThat(said).singleElement().asString().contains("submodule deps/lib", "library");
    try (GitServer server = GitServer.start(reachable)) {
      Path clone = dir.resolve("clone");
      guest(server, "git", "clone", "--", mirror.url(), clone.toString()).check();
      Outcome update =
          guest(server, "git", "-C", clone.toString(), "submodule", "update", "--init").run();
      assertThat(update.status()).isEqualTo(1);
      assertThat(update.complaint()).contains("deps/lib");
    }
  }

  @Test
  void oneFetchServesAllWhoWantTheSameCommit() throws IOException {
    GitMirror mirror = GitMirror.of(dir.resolve("mirrors"), repository.toString());
    mirror.ensure(head(repository), "main");
    Files.move(repository, dir.resolve("gone"));
    mirror.ensure(head(dir.resolve("gone")), "main");
  }

  @Test
  void aMissingCommitIsNamed() {
    GitMirror mirror = GitMirror.of(dir.resolve("mirrors"), repository.toString());
    assertThatThrownBy(() -> mirror.ensure("0123456789012345678901234567890123456789", "topic"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no commit 0123456789")
        .hasMessageContaining("topic");
  }

  @Test
  void distanceCountsCommitsToAnAncestor() throws IOException {
    String first = head(repository);
    Files.writeString(repository.resolve("file"), "two\n");
    git(repository, "commit", "--quiet", "-am", "two");
    String second = head(repository);
    GitMirror mirror = GitMirror.of(dir.resolve("mirrors"), repository.toString());
    mirror.ensure(second, "main");
    assertThat(mirror.distance(first, second)).hasValue(1);
    assertThat(mirror.distance(second, second)).hasValue(0);
    assertThat(mirror.distance(second, first)).isEmpty();
  }

  @Test
  void aRepositoryFromElsewhereNamesNoSubmoduleOfThisHost() throws IOException {
    Path secret = make("secret", "secret\n");
    git(
        repository,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "--quiet",
        secret.toString(),
        "deps/lib");
    git(repository, "commit", "--quiet", "-m", "submodule");
    Path mirrors = Files.createDirectory(dir.resolve("mirrors"));
    GitMirror mirror = GitMirror.of(mirrors, "https://git.example/main.git");
    git(dir, "clone", "--quiet", "--mirror", repository.toString(), mirror.dir().toString());
    assertThatThrownBy(() -> Submodules.of(mirrors, mirror, head(repository), _ -> {}))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("deps/lib")
        .hasMessageContaining(secret.toString());
    assertThat(GitMirror.of(mirrors, secret.toString()).dir()).doesNotExist();
  }

  @Test
  void addressesOfThisHostsOwnFiles() {
    assertThat(List.of("/srv/a", "file:///srv/a", "FILE:/a", "a", "a/b:c"))
        .allMatch(Submodules::local);
    assertThat(List.of("https://h/a", "ssh://h/a", "git@h:a/b", "h:a"))
        .noneMatch(Submodules::local);
  }

  @Test
  void relativeSubmoduleAddresses() {
    assertThat(Submodules.absolute("https://h/a/b.git", "../c.git")).isEqualTo("https://h/a/c.git");
    assertThat(Submodules.absolute("git@h:a/b.git", "../../c.git")).isEqualTo("git@h:c.git");
    assertThat(Submodules.absolute("/srv/b", "./c")).isEqualTo("/srv/b/c");
    assertThat(Submodules.absolute("/srv/b", "https://x/y")).isEqualTo("https://x/y");
  }

  private Command guest(GitServer server, String... argv) {
    Command command =
        Command.of(argv).deadline(java.time.Duration.ofSeconds(30)).env("GIT_TERMINAL_PROMPT", "0");
    for (Map.Entry<String, String> entry : server.guestConfiguration(Map.of()).entrySet()) {
      command = command.env(entry.getKey(), entry.getValue());
    }
    return command;
  }

  private Path make(String name, String content) throws IOException {
    Path made = Files.createDirectory(dir.resolve(name));
    git(made, "init", "--quiet", "-b", "main");
    Files.writeString(made.resolve("file"), content);
    git(made, "add", ".");
    git(made, "commit", "--quiet", "-m", "first");
    return made;
  }

  private static void git(Path repository, String... arguments) {
    Command.of("git", "-c", "user.name=t", "-c", "user.email=t@example.org")
        .and(arguments)
        .in(repository)
        .check();
  }

  private static String head(Path repository) {
    return Command.of("git", "rev-parse", "HEAD").in(repository).check().text();
  }
}
