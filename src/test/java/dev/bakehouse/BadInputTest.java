package dev.bakehouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.host.StatusFile;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.Self;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is wrong is said with phase, cause and remedy, ends with 125 where a job was involved, and
/// leaves nothing behind.
@Tag("vm")
@Tag("agent")
class BadInputTest {
  private static final int INFRASTRUCTURE = 125;
  private static final String TOO_SHORT_A_BOOT = ", start: boot, boot-seconds: 1";

  @TempDir Path dir;
  private Path state;

  @BeforeEach
  void make() {
    state = dir.resolve("host");
  }

  @Test
  void aMissingImage() throws Exception {
    Outcome outcome = jobRun(KillFixture.hostConfig(state, "absent"));
    assertSays(outcome, "phase image", "There is no image `absent`", "`bakehouse image ensure`");
    assertNothingLeft();
  }

  @Test
  void aRegistryThatIsDown() throws Exception {
    String source = "host: {image-source: '127.0.0.1:1/none:latest', plain-http: true,";
    Path images = dir.resolve("images");
    String config =
        KillFixture.hostConfig(state)
            .replace("host: {", source)
            .replace(KillFixture.image().getParent().toString(), images.toString());
    Outcome outcome = jobRun(config);
    assertSays(outcome, "phase image", "127.0.0.1:1");
    assertThat(images.resolve(String.valueOf(KillFixture.image().getFileName()))).doesNotExist();
    assertNothingLeft();
  }

  @Test
  void anUnknownKey() throws Exception {
    Outcome outcome = jobRun(KillFixture.hostConfig(state) + "slotz: 3\n");
    assertSays(outcome, "bakehouse.yml:3", "slotz");
    assertThat(state).doesNotExist();
  }

  @Test
  void noQemu() throws Exception {
    Path bin = Files.createDirectory(dir.resolve("bin"));
    Outcome outcome = command(KillFixture.hostConfig(state)).env("PATH", bin.toString()).run();
    assertSays(outcome, "phase clone", "QEMU is not installed", "apt-get install qemu");
    assertNothingLeft();
  }

  @Test
  void aGuestThatDoesNotAnswerInTime() throws Exception {
    Outcome outcome =
        jobRun(
            KillFixture.hostConfig(state).replace("disk-gb: 4", "disk-gb: 4" + TOO_SHORT_A_BOOT));
    assertSays(outcome, "phase boot", "no answer within 1");
    assertNothingLeft();
  }

  @Test
  void aGuestWithoutSsh() throws Exception {
    Path images = dir.resolve("images");
    Path deaf = Files.createDirectories(dir.resolve("deaf"));
    Command.of("cp", "--sparse=always", "-r", KillFixture.image() + "/.", deaf.toString()).check();
    String disk = deaf.resolve("disk.img").toString();
    Command.of(Programs.path("debugfs"), "-w", "-R", "rm /usr/sbin/sshd", disk).check();
    new ImageStore(images).adopt("deaf", deaf, Map.of(), "test");
    String config =
        KillFixture.hostConfig(state, "deaf")
            .replace(KillFixture.image().getParent().toString(), images.toString())
            .replace("disk-gb: 4", "disk-gb: 4, start: boot, connect-seconds: 5");
    Outcome outcome = jobRun(config);
    assertSays(outcome, "phase connect", "Gave up waiting for SSH", "5.0 s");
    assertNothingLeft();
  }

  @Test
  void aStateDirectoryThatCanNotBe() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "not a directory");
    Outcome outcome = jobRun(KillFixture.hostConfig(file.resolve("host")));
    assertSays(outcome, "phase slot", file.toString());
    assertThat(file).hasContent("not a directory");
  }

  @Test
  void aFullDisk() throws Exception {
    Files.createDirectory(state);
    Outcome outcome = onSmallDisk(16, state, command(KillFixture.hostConfig(state)));
    assertSays(outcome, "phase clone", "MB left", "Free some space");
    assertOnlyLocksAreLeft(outcome);
  }

  @Test
  void aDemoWithoutRoom() throws Exception {
    Files.createDirectory(state);
    List<String> argv = Self.argv("demo", "--prepare", "--state", state.toString());
    Outcome outcome = onSmallDisk(16, state, Command.of(argv));
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(new String(outcome.err(), StandardCharsets.UTF_8))
        .contains("The demo needs 8 GB", state.toString(), "--state");
    assertThat(state).isEmptyDirectory();
  }

  @Test
  void aDiskThatFillsWhileTheJobRuns() throws Exception {
    String config = KillFixture.hostConfig(state);
    assertThat(jobRun(config).status()).as("the run that makes the template").isZero();
    Outcome outcome = filled(config, ", full-disk-seconds: 3", 320, state.resolve("vms"));
    assertSays(outcome, "is full; the VM waits for room", "phase command: The disk with");
    assertNothingLeft();
  }

  @Test
  void aJobGoesOnWhenThereIsRoomAgain() throws Exception {
    String config = KillFixture.hostConfig(state);
    assertThat(jobRun(config).status()).as("the run that makes the template").isZero();
    String script =
        "mount -t tmpfs -o size=600m none \"$1\" || exit 1; at=$1; said=$2; shift 2;"
            + " head -c 200M /dev/zero > \"$at/ballast\"; \"$@\" 2> \"$said\" & job=$!;"
            + " until grep -q 'waits for room' \"$said\"; do kill -0 $job || exit 2; sleep 0.1; done;"
            + " rm \"$at/ballast\"; wait $job";
    Path said = Files.createFile(dir.resolve("said"));
    String write = "dd if=/dev/zero of=/home/admin/much bs=1M count=450 conv=fsync && echo through";
    Outcome outcome =
        unshared(script, command(config, "sh", "-c", write), state + "/vms", said.toString());
    assertThat(outcome.status()).as(Files.readString(said)).isZero();
    assertThat(outcome.text()).contains("through");
    assertNothingLeft();
  }

  /// The memory of a VM that was booted is a file there, too.
  @Test
  void aDiskThatFillsUnderABootedVm() throws Exception {
    Files.createDirectory(state);
    Outcome outcome = filled(KillFixture.hostConfig(state), ", start: boot", 1500, state);
    assertSays(outcome, "phase command: The disk with", "is full");
    assertOnlyLocksAreLeft(outcome);
  }

  private Outcome filled(String config, String more, int megabytes, Path at) throws IOException {
    String fill = "dd if=/dev/zero of=/home/admin/much bs=1M count=" + megabytes + " conv=fsync";
    String changed = config.replace("disk-gb: 4", "disk-gb: 4" + more);
    return onSmallDisk(megabytes, at, command(changed, "sh", "-c", fill));
  }

  /// The directory is a file system of its own, in a mount namespace of its own.
  private Outcome onSmallDisk(int megabytes, Path at, Command command) {
    String script =
        "mount -t tmpfs -o size="
            + megabytes
            + "m none \"$1\" || exit 1; at=$1; shift; \"$@\"; status=$?;"
            + " find \"$at/vms\" \"$at/connections\" \"$at/slots\" 2>/dev/null; exit $status";
    return unshared(script, command, at.toString());
  }

  /// A shell script, its words and the command's as arguments, in a mount namespace of its own.
  private static Outcome unshared(String script, Command command, String... words) {
    List<String> argv = new ArrayList<>(List.of("unshare", "--map-root-user", "--mount"));
    argv.addAll(List.of("sh", "-c", script, "-"));
    argv.addAll(List.of(words));
    argv.addAll(command.argv());
    return Command.of(argv).deadline(Duration.ofMinutes(8)).run();
  }

  private void assertOnlyLocksAreLeft(Outcome outcome) {
    assertThat(outcome.text().lines().map(l -> l.replace(state + "/", "")))
        .contains("vms", "slots")
        .allMatch(l -> l.matches("vms|vms/\\.lock|connections|slots|slots/queue|slots/1\\.lock"));
  }

  @Test
  void aJobWhoseVmNeverAnswersIsRepeatedAndThenFailsForTheMachinery() throws Exception {
    try (KillFixture host = new KillFixture(dir, TOO_SHORT_A_BOOT)) {
      String build = host.start("job", "echo never");
      BuildView ended = host.awaitEnd(build);
      assertThat(ended.jobs()).hasSize(3);
      JobView last = host.job(build);
      assertThat(ended.state()).isEqualTo("failed");
      assertThat(last.exitStatus()).isIn("-1", "125");
      assertThat(host.log(last)).contains("infrastructure failure", "phase boot");
      assertThat(host.qemu.list()).isEmpty();
    }
  }

  @Test
  void aJobOfABrokenConfigurationFailsForTheMachinery() throws Exception {
    Path config = Files.writeString(dir.resolve("broken.yml"), "slotz: 3\n");
    Outcome outcome =
        Command.of(Self.argv("job", "bootstrap"))
            .env("BAKEHOUSE_CONFIG", config.toString())
            .deadline(Duration.ofMinutes(1))
            .run();
    assertSays(outcome, "broken.yml:1", "slotz");
  }

  @Test
  void aHostWhoseConfigurationIsBrokenMeanwhileTakesNoJobsAndSaysWhy() throws Exception {
    try (KillFixture host = new KillFixture(dir)) {
      String sound = Files.readString(host.config());
      Files.writeString(host.config(), sound + "slotz: 3\n");
      Poll.until(
          "its agents to leave",
          KillFixture.PATIENCE,
          () ->
              new StatusFile(HostSettings.defaults(state))
                  .read()
                  .filter(s -> s.away().contains("slotz") && s.allAway()));
      Command status = Command.of(Self.argv("host", "status", "--state", state.toString()));
      assertThat(status.run().text()).contains("configuration can not be used", "bakehouse.yml:");
      String build = host.start("after", "echo through");
      Files.writeString(host.config(), sound);
      assertThat(host.awaitEnd(build).passed()).isTrue();
      assertThat(host.awaitEnd(build).jobs()).as("none failed meanwhile").hasSize(1);
    }
  }

  private Command command(String config) throws IOException {
    return command(config, "true");
  }

  private Command command(String config, String... argv) throws IOException {
    Path file = Files.writeString(dir.resolve("bakehouse.yml"), config);
    return Command.of(Self.argv("job", "run", "--config", file.toString()))
        .and("--")
        .and(argv)
        .deadline(Duration.ofMinutes(5));
  }

  private Outcome jobRun(String config) throws IOException {
    return command(config).run();
  }

  private static void assertSays(Outcome outcome, String... words) {
    String said = new String(outcome.err(), StandardCharsets.UTF_8);
    assertThat(outcome.status()).as(said).isEqualTo(INFRASTRUCTURE);
    assertThat(said).contains(words).doesNotContain("\tat ");
    assertThat(said.lines().filter(l -> l.matches(" {2}[A-Z`].*\\.")))
        .as("a remedy in:\n" + said)
        .isNotEmpty();
  }

  /// No VM, no draft of one, no connection, no held or queued slot.
  private void assertNothingLeft() throws IOException {
    for (String room : List.of("vms", "connections", "slots/queue")) {
      Path at = state.resolve(room);
      if (Files.exists(at)) {
        try (var entries = Files.list(at)) {
          assertThat(entries.filter(p -> !p.getFileName().toString().equals(".lock")))
              .as(room)
              .isEmpty();
        }
      }
    }
    assertThat(state.resolve("slots/1.vm")).doesNotExist();
  }
}
