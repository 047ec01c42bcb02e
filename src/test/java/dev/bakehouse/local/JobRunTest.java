package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `bakehouse job run` as a process of its own.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class JobRunTest {
  @TempDir Path dir;

  private static Command job(JobFixture fixture, String... arguments) {
    return Command.of(Self.argv("job", "run", "--config", fixture.hostConfig().toString()))
        .and(arguments)
        .deadline(Duration.ofMinutes(6));
  }

  private static String error(Outcome outcome) {
    return new String(outcome.err(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource({"exit 7, 7", "exit 255, 255", "kill -TERM $$, 143", "kill -KILL $$, 137"})
  void endsAsTheCommand(String command, int status, JobFixture fixture) {
    Outcome outcome = job(fixture, "--", "sh", "-c", "echo out; echo err >&2; " + command).run();
    assertThat(outcome.status()).as(error(outcome)).isEqualTo(status);
    assertThat(outcome.text()).isEqualTo("out");
    assertThat(error(outcome)).containsPattern("(?m)^err$");
  }

  @Test
  void theCommandHasAnEmptyInputItsArgumentsAndWhatIsNamed(JobFixture fixture) {
    Outcome outcome =
        job(
                fixture,
                "--env",
                "NAMED",
                "--",
                "sh",
                "-c",
                "wc -c; printf '%s|' \"$@\" \"$NAMED\" \"${OTHER-none}\" \"$HOME\"",
                "sh",
                "a b",
                "",
                "c'd\"e",
                "$(id)",
                "ü\nv")
            .env("NAMED", "it's \"here\"\n$HOME")
            .env("OTHER", "stays")
            .input("not for the guest".getBytes(StandardCharsets.UTF_8))
            .run();
    assertThat(outcome.status()).as(error(outcome)).isEqualTo(0);
    assertThat(new String(outcome.out(), StandardCharsets.UTF_8))
        .isEqualTo("0\na b||c'd\"e|$(id)|ü\nv|it's \"here\"\n$HOME|none|/home/admin|");
  }

  @ParameterizedTest
  @CsvSource({
    "--env, BAKEHOUSE_NOT_SET, variable BAKEHOUSE_NOT_SET",
    "--dir, /no/such/place, /no/such/place is no directory"
  })
  void whatCanNotBeIsSaidBeforeAVmIsMade(
      String option, String value, String said, JobFixture fixture) {
    Outcome outcome = job(fixture, option, value, "--", "true").run();
    assertThat(outcome.status()).isEqualTo(125);
    assertThat(error(outcome)).contains(said).doesNotContain("--- bakehouse:");
  }

  @Test
  void aDirectoryIsCopiedAsItIsAndBack(JobFixture fixture) throws Exception {
    Path from = Files.createDirectory(dir.resolve("from"));
    file(from.resolve("with space"), "rw-r--r--");
    file(from.resolve("quote'\"$(x)`"), "rw-------");
    file(from.resolve("new\nline"), "r--r--r--");
    file(from.resolve("-dash"), "rwxr-xr-x");
    file(from.resolve("ünï 世界"), "rwxr-x---");
    file(from.resolve(".hidden"), "rw-rw-rw-");
    Files.createDirectory(from.resolve("empty dir"));
    Files.createSymbolicLink(from.resolve("dangling"), Path.of("no where"));
    file(Files.createDirectory(from.resolve("sub\\dir")).resolve("*"), "rw-r--r--");
    String list =
        "find . -mindepth 1 -printf '%y %m %T@ %P -> %l\\0' | LC_ALL=C sort -z;"
            + " find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum";
    String there = Command.of("sh", "-c", list).in(from).check().text();
    Path to = dir.resolve("to");
    Outcome outcome =
        job(
                fixture,
                "--dir",
                from.toString(),
                "--out",
                to.toString(),
                "--",
                "sh",
                "-c",
                list + "; rm -- -dash; echo made > made")
            .run();
    assertThat(outcome.status()).as(error(outcome)).isEqualTo(0);
    assertThat(outcome.text()).isEqualTo(there);
    assertThat(to.resolve("made")).hasContent("made");
    assertThat(to.resolve("new\nline")).hasContent("content of new\nline");
    assertThat(to.resolve("-dash")).doesNotExist();
    assertThat(from.resolve("-dash")).exists();
  }

  @Test
  void outTakesNothingAway(JobFixture fixture) throws Exception {
    Path from = Files.createDirectory(dir.resolve("from"));
    Path to = Files.createDirectory(dir.resolve("to"));
    file(to.resolve("mine"), "rw-r--r--");
    String out = to.toString();
    Outcome outcome =
        job(
                fixture,
                "--dir",
                from.toString(),
                "--out",
                out,
                "--",
                "sh",
                "-c",
                "touch made && chmod 6755 made")
            .run();
    assertThat(outcome.status()).as(error(outcome)).isEqualTo(0);
    assertThat(to.resolve("made")).exists();
    assertThat(to.resolve("mine")).exists();
    assertThat(Files.isExecutable(to.resolve("made"))).isTrue();
    assertThat((int) Files.getAttribute(to.resolve("made"), "unix:mode") & 07000).isZero();
    assertThat(Files.getOwner(to.resolve("made"))).isEqualTo(Files.getOwner(dir));
    outcome = job(fixture, "--out", out, "--", "true").run();
    assertThat(outcome.status()).isEqualTo(125);
    assertThat(error(outcome)).contains("--dir");
  }

  @Test
  void whatAKilledJobLeftGoesWithTheNext(JobFixture fixture) throws Exception {
    Path state = HostSettings.read(fixture.hostConfig()).state();
    Path left = Files.createDirectories(state.resolve("connections/run-00000000"));
    Files.writeString(left.resolve("key"), "of a VM that is gone");
    Outcome outcome = job(fixture, "--", "true").run();
    assertThat(outcome.status()).as(error(outcome)).isEqualTo(0);
    assertThat(left).doesNotExist();
  }

  @Test
  void aMissingImageIsNotTheCommandsFailure(JobFixture fixture) {
    Outcome outcome = job(fixture, "--image", "no-such-image", "--", "true").run();
    assertThat(outcome.status()).isEqualTo(125);
    assertThat(outcome.text()).isEmpty();
    assertThat(error(outcome)).contains("no image `no-such-image`").contains("bakehouse image");
  }

  private static void file(Path path, String mode) throws Exception {
    Files.writeString(path, "content of " + path.getFileName());
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }
}
