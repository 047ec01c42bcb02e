package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The scripts pipelines and people call by path.
class ScriptsTest {
  private static final String ENSURE = ".buildkite/scripts/ensure-bun-image.sh";
  private static final String BUILD = "scripts/build-macos-vm.sh";
  private static final String CHECK = "scripts/agent-vm-health-check.sh";

  @TempDir Path temp;
  private ImageProject project;
  private Path bakehouse;

  @BeforeEach
  void project() throws IOException {
    project = new ImageProject(temp.resolve("project"));
    for (String script : List.of(ENSURE, BUILD)) {
      Path copy = project.root.resolve(script);
      Files.createDirectories(copy.getParent());
      Files.copy(Self.root().resolve(script), copy);
    }
    bakehouse = temp.resolve("bin with space/bakehouse");
    Files.createDirectories(bakehouse.getParent());
    Files.writeString(bakehouse, "#!/bin/sh\nexec " + Self.shellWords(Self.argv()) + " \"$@\"\n");
    assertThat(bakehouse.toFile().setExecutable(true)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sh", "bash"})
  void sourcedItDefinesGetBunVersionAndDoesNothingElse(String shell) {
    Outcome outcome = run(shell, "-euc", ". ./" + ENSURE + "; echo \"version=$(get_bun_version)\"");
    assertThat(outcome.text()).isEqualTo("version=1.2.14");
    assertThat(outcome.status()).isZero();
    assertThat(project.state).doesNotExist();
    Outcome nothing = run(shell, "-euc", ". ./" + ENSURE + " --no-such-option");
    assertThat(nothing.status()).isZero();
    assertThat(nothing.text()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {ENSURE, BUILD})
  void helpAndUnknownOptions(String script) {
    Outcome help = run("./" + script, "--help");
    assertThat(help.status()).isZero();
    assertThat(help.text())
        .contains("Usage: bakehouse image", "--release")
        .contains(script.equals(ENSURE) ? "--force-refresh" : "--base");
    Outcome unknown = run("./" + script, "--no-such-option");
    assertThat(unknown.status()).isEqualTo(Exit.USAGE);
    assertThat(ImageProject.said(unknown)).contains("--no-such-option");
    Outcome release = run("./" + script, "--release=12");
    assertThat(release.status()).isEqualTo(Exit.FAILED);
    assertThat(ImageProject.said(release)).contains("`12`", "13 (ventura), 14 (sonoma)");
    assertThat(project.state.resolve("images")).doesNotExist();
  }

  /// The base of that release, from a registry that is not asked: the layout does not have it.
  @Test
  void theReleaseAndOptionsReachTheProgram() throws Exception {
    Files.writeString(
        project.root.resolve("bakehouse.yml"),
        "image: {registry: 'oci:%s', arch: arm64, base: 'oci:%s:1'}\n"
            .formatted(temp.resolve("layout"), temp.resolve("none")));
    project.script("scripts/bootstrap-macos.sh", "true");
    Outcome build = run("./" + BUILD, "--release=14");
    assertThat(build.status()).isEqualTo(Exit.FAILED);
    assertThat(ImageProject.said(build)).contains("oci:" + temp.resolve("none") + ":1");
    Outcome ensure = run("./" + ENSURE, "--force-refresh", "--release=14");
    assertThat(ensure.status()).isEqualTo(Exit.FAILED);
    assertThat(ImageProject.said(ensure))
        .contains("user: ", "HOME: ", "store: ", "decision: build")
        .contains("bun-build-macos-14-arm64-1.2.14: not here");
    assertThat(ImageProject.said(ensure).lines().filter(l -> l.contains("decision")))
        .allMatch(l -> l.matches("\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d] .*"));
  }

  /// As from cron, and in somebody else's repository, whose program must not run.
  @ParameterizedTest
  @ValueSource(strings = {CHECK, BUILD})
  void theLauncherIsThatOfTheScriptsOwnInstallation(String script) throws IOException {
    Path home = temp.resolve("in stallation");
    Path own =
        Files.createDirectories(home.resolve("scripts")).resolve(Path.of(script).getFileName());
    Files.copy(Self.root().resolve(script), own);
    says(home.resolve("bakehouse"), "own");
    Path foreign = Files.createDirectories(temp.resolve("foreign/scripts")).getParent();
    Command.of("git", "init", "-q", foreign.toString()).check();
    says(foreign.resolve("bakehouse"), "foreign");
    Path links = Files.createDirectories(temp.resolve("links"));
    Files.createSymbolicLink(links.resolve("second"), own);
    Files.createSymbolicLink(links.resolve("first"), Path.of("second"));
    Files.createSymbolicLink(links.resolve("current"), home);
    Path current = links.resolve("current/scripts").resolve(own.getFileName());
    for (Path start : List.of(own, links.resolve("first"), current)) {
      for (Path here : List.of(foreign, Path.of("/"))) {
        assertThat(from(here, start.toString()).text()).as(start + " in " + here).isEqualTo("own");
      }
    }
    assertThat(from(own.getParent(), "sh", own.getFileName().toString()).text()).isEqualTo("own");

    Path alone = foreign.resolve("deep/copy");
    Files.createDirectories(alone.getParent());
    Files.copy(own, alone);
    Files.delete(foreign.resolve("bakehouse"));
    says(temp.resolve("on path/bakehouse"), "path");
    assertThat(from(foreign, alone.toString()).text()).isEqualTo("path");
  }

  private static void says(Path program, String word) throws IOException {
    Files.createDirectories(program.getParent());
    Files.writeString(program, "#!/bin/sh\necho " + word + "\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
  }

  private Outcome from(Path here, String... words) {
    return Command.of(new ArrayList<>(List.of(words)))
        .in(here)
        .env("BAKEHOUSE", null)
        .env("CDPATH", temp.resolve("foreign").toString())
        .env("PATH", System.getenv("PATH") + ":" + temp.resolve("on path"))
        .run();
  }

  private Outcome run(String... words) {
    return Command.of(new ArrayList<>(List.of(words)))
        .in(project.root)
        .env("BAKEHOUSE", bakehouse.toString())
        .env("BUILDKITE_BRANCH", null)
        .env("MACOS_RELEASE", null)
        .run();
  }
}
