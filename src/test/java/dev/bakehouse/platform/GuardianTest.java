package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Processes.Identity;
import java.nio.channels.Channel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardianTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path dir;

  @Test
  void runsInItsOwnSessionWithEmptyInputAndTellsTheStatus() throws Exception {
    Guarded child = guard("sh", "-c", "cat; pwd; ps -o sid= -p $$; echo oops >&2; exit 7").start();
    assertThat(child.await(SOON)).hasValue(7);
    List<String> said = Files.readAllLines(dir.resolve("log"));
    assertThat(said.get(0)).isEqualTo(dir.toRealPath().toString());
    assertThat(said.get(1).strip()).isEqualTo(Long.toString(child.identity().pid()));
    assertThat(said.get(2)).isEqualTo("oops");
    assertThat(Identity.read(dir.resolve("id"))).contains(child.identity());
    assertThat(child.alive()).isFalse();
  }

  @Test
  void aProgramKilledBySignalHas128PlusItsNumber() {
    assertThat(guard("sh", "-c", "kill -SEGV $$").start().await(SOON)).hasValue(128 + 11);
  }

  @Test
  void closingEndsTheWholeGroup() throws Exception {
    Guarded child = guard("sh", "-c", "sleep 1000 & echo $! ; wait").start();
    ProcessHandle below = grandchild();
    child.close();
    assertThat(child.alive()).isFalse();
    gone(below);
  }

  @Test
  void graceGivesTermAChance() throws Exception {
    Guarded child =
        guard("sh", "-c", "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.1; done")
            .grace(Duration.ofSeconds(10))
            .start();
    said("up");
    child.close();
    assertThat(child.await(SOON)).hasValue(3);
    said("bye");
  }

  @Test
  void afterTheGraceComesKill() {
    Guarded child =
        guard("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done")
            .grace(Duration.ofSeconds(1))
            .start();
    said("up");
    child.terminate();
    assertThat(child.await(SOON)).hasValue(128 + 9);
  }

  @Test
  void theOwnersKillEndsTheProgram() throws Exception {
    Process owner = owner("pipe");
    Identity child = identity();
    owner.destroyForcibly();
    gone(child);
  }

  @Test
  void anHeirKeepsTheProgramThroughTheOwnersKillUntilItIsKilledToo() throws Exception {
    Process owner = owner("heir");
    Identity child = identity();
    Path fifo = dir.resolve("heir");
    Channel mine = Guardian.inherit(fifo);
    Process heir =
        Command.of("sh", "-c", "exec 3<>\"$1\"; echo has; read end", "sh")
            .and(fifo.toString())
            .start();
    assertThat(heir.inputReader().readLine()).isEqualTo("has");
    owner.destroyForcibly().waitFor();
    mine.close();
    // The guardian looks once a second.
    assertThat(
            child.alive().orElseThrow().onExit().completeOnTimeout(null, 3, TimeUnit.SECONDS).get())
        .isNull();
    heir.destroyForcibly();
    gone(child);
  }

  @Test
  void anHeirCanLeaveTheProgramToNobody() throws Exception {
    Process owner = owner("heir");
    Identity child = identity();
    try (Channel mine = Guardian.inherit(dir.resolve("heir"))) {
      Guardian.leave(mine);
    }
    owner.destroyForcibly().waitFor();
    ProcessHandle process = child.alive().orElseThrow();
    // The guardian looks once a second.
    assertThat(process.onExit().completeOnTimeout(null, 3, TimeUnit.SECONDS).get()).isNull();
    process.destroyForcibly();
    gone(child);
  }

  @Test
  void lettingGoWithoutAnHeirEndsTheProgram() {
    Guarded child = guard("sleep", "1000").heir(dir.resolve("heir")).start();
    child.letGo();
    gone(child.identity());
  }

  @Test
  void theGuardiansKillEndsTheProgram() {
    Guarded child = guard("sleep", "1000").start();
    child.guardian().destroyForcibly();
    gone(child.identity());
    assertThat(child.await(SOON)).hasValue(-1);
  }

  @Test
  void detachedOutlivesItsOwner() throws Exception {
    Process owner = owner("detached");
    assertThat(owner.waitFor()).isZero();
    Identity child = identity();
    ProcessHandle process = child.alive().orElseThrow();
    process.destroyForcibly();
    gone(child);
  }

  @Test
  void whatWasLeftOutlivesItsOwnerAndNoOther() throws Exception {
    Process owner = owner("leave");
    assertThat(owner.waitFor()).isZero();
    Identity child = identity();
    ProcessHandle process = child.alive().orElseThrow();
    int before = lines(dir.resolve("log")).size();
    Poll.until(
        "more ticks",
        SOON,
        () -> Optional.of(1).filter(_ -> lines(dir.resolve("log")).size() > before + 15));
    process.destroyForcibly();
    gone(child);
  }

  @Test
  void aMissingProgramIsToldByName() {
    assertThatThrownBy(() -> guard("no-such-program-here").start())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no-such-program-here")
        .hasMessageContaining("No such file");
    assertThat(dir.resolve("id")).doesNotExist();
  }

  private Guardian guard(String... argv) {
    return Guardian.of(Command.of(argv), dir, dir.resolve("log"), dir.resolve("id"));
  }

  private Process owner(String mode) {
    return Jvm.of(OwnerMain.class, dir.toString(), mode).start();
  }

  private Identity identity() {
    return Poll.until("the identity", SOON, () -> Identity.read(dir.resolve("id")));
  }

  private ProcessHandle grandchild() {
    return Poll.until(
        "the grandchild",
        SOON,
        () -> ProcessHandle.of(Long.parseLong(Files.readString(dir.resolve("log")).strip())));
  }

  private void said(String word) {
    Poll.until(
        word, SOON, () -> Optional.of(dir.resolve("log")).filter(f -> lines(f).contains(word)));
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (java.io.IOException e) {
      return List.of();
    }
  }

  private static void gone(Identity process) {
    Poll.until("the end", SOON, () -> Optional.of(1).filter(_ -> process.alive().isEmpty()));
  }

  private static void gone(ProcessHandle process) {
    Identity identity = Processes.identity(process);
    gone(identity);
  }

  /// A JVM that owns a sleeping program and waits to be killed.
  static final class OwnerMain {
    public static void main(String[] args) throws Exception {
      Path dir = Path.of(args[0]);
      Command ticks = Command.of("sh", "-c", "while :; do echo tick; sleep 0.1; done");
      Guardian guardian = Guardian.of(ticks, dir, dir.resolve("log"), dir.resolve("id"));
      if (args[1].equals("detached")) {
        guardian.startDetached();
      } else if (args[1].equals("leave")) {
        guardian.start().leave();
      } else {
        (args[1].equals("heir") ? guardian.heir(dir.resolve("heir")) : guardian)
            .start()
            .await(Duration.ofHours(1));
      }
    }
  }
}
