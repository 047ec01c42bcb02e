package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Host commands of jobs whose build or commit is made to harm the host.
class HostileCommitTest {
  private static final String ENSURE = "bakehouse image ensure --force-refresh";

  @TempDir Path dir;
  private ImageProject project;

  @BeforeEach
  void project() throws IOException {
    project = new ImageProject(dir.resolve("org/repo"));
    project.script("scripts/bootstrap.sh", "true");
    Files.writeString(
        dir.resolve("bakehouse.yml"),
        "host: {name: oven, state: '%s', slots: 1, image: wanted}\nvm: {hypervisor: qemu}\n"
            .formatted(dir.resolve("host")));
  }

  /// Whoever may trigger a build writes the commit: none of that is an option of git's.
  @Test
  void aCommitThatIsAnOptionDoesNothing() {
    commit();
    Path ran = dir.resolve("ran");
    Outcome outcome = job(ENSURE, "--upload-pack=touch '" + ran + "'; git-upload-pack");
    assertThat(outcome.text()).contains("has no commit --upload-pack=");
    assertThat(ran).doesNotExist();
    Outcome written = job("bakehouse pipeline upload", "--output=" + ran);
    assertThat(written.text()).contains("has no commit --output=");
    assertThat(dir.resolve("ran:bakehouse.yml")).doesNotExist();
    assertThat(dir.resolve("host/failures")).doesNotExist();
  }

  /// As the agent's own checkout takes it.
  @Test
  void aCommitMayBeABranch() throws IOException {
    Files.writeString(project.root.resolve("bakehouse.yml"), "nonsense: [\n");
    commit();
    assertThat(job("bakehouse performance compare", "main").text())
        .contains("bakehouse.yml:2: ", "Correct the YAML");
  }

  @Test
  void aFileTooLargeToReadIsTheJobsFailure() throws IOException {
    Files.writeString(project.root.resolve("bakehouse.yml"), "#".repeat(2 << 20));
    commit();
    Outcome compare = job("bakehouse performance compare", "HEAD");
    assertThat(compare.text()).contains("more than 1048576 bytes");
    assertThat(compare.status()).isEqualTo(2);
    assertThat(job("bakehouse pipeline upload", "HEAD").status()).isEqualTo(1);
    assertThat(dir.resolve("host/failures")).doesNotExist();
  }

  @Test
  void aFileThatNestsTooDeeplyIsTheJobsFailure() throws IOException {
    Files.writeString(project.root.resolve("bakehouse.yml"), "[".repeat(500_000));
    commit();
    Outcome compare = job("bakehouse performance compare", "HEAD");
    assertThat(compare.text()).contains("nests too deeply").doesNotContain("StackOverflow");
    assertThat(compare.status()).isEqualTo(2);
    assertThat(dir.resolve("host/failures")).doesNotExist();
  }

  @Test
  void moreFilesThanAHostCanHoldAreNotLaidDown() {
    String inner = entries("blob", git("hash-object -w --stdin", "x"));
    String middle = entries("tree", git("mktree", inner));
    String outer = entries("tree", git("mktree", middle));
    String tree = git("mktree", outer);
    String commit = git("-c user.name=T -c user.email=t@e commit-tree -m bomb " + tree, "");
    git("branch -f main " + commit, "");
    Outcome outcome = job(ENSURE, "HEAD");
    assertThat(outcome.text())
        .contains("are more than 1000000, have too long names, or are larger than a quarter");
    assertThat(outcome.status()).isEqualTo(1);
  }

  /// A digest of it would stand in the image's labels.
  @Test
  void aLinkAmongTheInputsReadsNoFileOfTheHost() throws IOException {
    Files.writeString(dir.resolve("secret"), "of the host\n");
    Files.createSymbolicLink(project.root.resolve("tools/link"), dir.resolve("secret"));
    Files.writeString(
        project.root.resolve("bakehouse.yml"),
        "image: {bootstrap-script: scripts/bootstrap.sh, inputs: [tools]}\n");
    commit();
    Outcome outcome = job(ENSURE, "HEAD");
    assertThat(outcome.text()).contains("`tools/link`", "does not lie in the checkout");
    assertThat(outcome.status()).isEqualTo(1);
  }

  @Test
  void namesThatNoImageCanHaveAreTheJobsFailure() throws IOException {
    for (String name : List.of("a b", "../x", "x".repeat(300))) {
      Files.writeString(project.root.resolve("bakehouse.yml"), "image: {name: '" + name + "'}\n");
      commit();
      Outcome outcome = job(ENSURE, "HEAD");
      assertThat(outcome.text()).contains("`image.name` is no name of an image");
      assertThat(outcome.status()).isEqualTo(1);
    }
    Files.writeString(project.root.resolve("bakehouse.yml"), "image: {inputs: [../outside]}\n");
    for (String version : List.of("..", "1".repeat(300))) {
      Files.writeString(
          project.root.resolve("CMakeLists.txt"), "set(Bun_VERSION \"" + version + "\")\n");
      commit();
      assertThat(job(ENSURE, "HEAD").text()).contains("`../outside`");
    }
    assertThat(dir.resolve("host/failures")).doesNotExist();
  }

  /// A hundred and one entries for the same object.
  private static String entries(String type, String object) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i <= 100; i++) {
      String mode = type.equals("tree") ? "040000" : "100644";
      all.append("%s %s %s\t%03d\n".formatted(mode, type, object, i));
    }
    return all.toString();
  }

  private String git(String words, String input) {
    return Command.of("git", "-C", project.root.toString())
        .and(words.split(" "))
        .input(input.getBytes(StandardCharsets.UTF_8))
        .check()
        .text();
  }

  private void commit() {
    project.git("add", "-A");
    project.git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "A commit");
  }

  private Outcome job(String command, String commit) {
    return Command.of(Self.argv("job", "bootstrap"))
        .in(dir)
        .env("BAKEHOUSE_CONFIG", dir.resolve("bakehouse.yml").toString())
        .env("BUILDKITE_JOB_ID", "00000000-0000-4000-8000-000000000001")
        .env("BUILDKITE_AGENT_NAME", "oven.1")
        .env("BUILDKITE_REPO", project.root.toString())
        .env("BUILDKITE_BRANCH", "main")
        .env("BUILDKITE_COMMIT", commit)
        .env("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main")
        .env("BUILDKITE_PULL_REQUEST", "false")
        .env("BUILDKITE_AGENT_ENDPOINT", "http://127.0.0.1:1/v3")
        .env("BUILDKITE_AGENT_ACCESS_TOKEN", "none")
        .env("BUILDKITE_COMMAND", command)
        .deadline(Duration.ofMinutes(2))
        .merged()
        .run();
  }
}
