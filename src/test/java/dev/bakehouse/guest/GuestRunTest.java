package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuestRunTest {
  private static final Map<String, String> PATH = Map.of("PATH", "/usr/bin:/bin");

  @TempDir Path dir;
  private LocalGuest guest;

  @BeforeEach
  void start() {
    guest = new LocalGuest(dir);
  }

  @AfterEach
  void stop() {
    guest.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7, 74, 125, 126, 127, 128, 141, 143, 254, 255})
  void exitStatusIsExact(int status) throws Exception {
    assertThat(guest.run(shell("r", "exit " + status)).ended()).isEqualTo(new Ended.Exited(status));
  }

  @ParameterizedTest
  @CsvSource({"TERM,15", "KILL,9", "SEGV,11", "INT,2", "HUP,1", "PIPE,13", "ABRT,6", "QUIT,3"})
  void signalIsExact(String name, int number) throws Exception {
    assertThat(guest.run(shell("r", "ulimit -c 0; kill -" + name + " $$")).ended())
        .isEqualTo(new Ended.Signalled(number));
  }

  @Test
  void missingCommandAndMissingRight() throws Exception {
    Files.writeString(dir.resolve("plain"), "text");
    var missing = guest.run(RunSpec.of("a", "/", "no-such-command").env(PATH));
    var forbidden = guest.run(RunSpec.of("b", "/", dir.resolve("plain").toString()).env(PATH));
    assertThat(missing.ended()).isEqualTo(new Ended.Exited(127));
    assertThat(new String(missing.out(), UTF_8)).contains("no-such-command: command not found");
    assertThat(forbidden.ended()).isEqualTo(new Ended.Exited(126));
  }

  @Test
  void missingDirectoryIsNotTheCommandsFault() throws Exception {
    assertThat(guest.run(RunSpec.of("a", "/no/such", "true").env(PATH)).ended())
        .isInstanceOfSatisfying(Ended.Failed.class, f -> assertThat(f.why()).contains("/no/such"));
  }

  @Test
  void standardInputIsEmpty() throws Exception {
    var ran = guest.run(shell("a", "cat; echo after; read x; echo $?"), "eaten?".getBytes(UTF_8));
    assertThat(new String(ran.out(), UTF_8)).isEqualTo("after\n1\n");
  }

  @Test
  void standardInputIsPassedOnWhenAsked() throws Exception {
    byte[] input = everyByte(300_000);
    var ran = guest.run(RunSpec.of("a", "/", "cat").env(PATH).withInput(), input);
    assertThat(ran.out()).isEqualTo(input);
  }

  @Test
  void tenMegabytesArriveWhole() throws Exception {
    var ran = guest.run(shell("a", "head -c 10485760 /dev/zero; printf end"));
    assertThat(ran.out()).hasSize(10_485_763);
    assertThat(new String(ran.out(), 10_485_760, 3, UTF_8)).isEqualTo("end");
  }

  @Test
  void outputWithoutLineEnd() throws Exception {
    assertThat(guest.run(shell("a", "printf 'no end'")).out()).isEqualTo("no end".getBytes(UTF_8));
  }

  @Test
  void streamsStayApartOrMergeInOrder() throws Exception {
    String script = "echo 1; echo 2 >&2; echo 3; echo 4 >&2";
    var apart = guest.run(shell("a", script).apart());
    assertThat(new String(apart.out(), UTF_8)).isEqualTo("1\n3\n");
    assertThat(new String(apart.err(), UTF_8)).isEqualTo("2\n4\n");
    assertThat(new String(guest.run(shell("b", script)).out(), UTF_8)).isEqualTo("1\n2\n3\n4\n");
  }

  @Test
  void argumentsCrossAsTheyAre() throws Exception {
    List<String> words =
        List.of(
            "", " ", "'", "\"", "\n", "$(id)", "`id`", "\\", "*", "-n", "ü€😀", "a\tb", "!!", "%s");
    List<String> argv = new ArrayList<>(List.of("printf", "%s\\0"));
    argv.addAll(words);
    var ran = guest.run(RunSpec.of("a", "/", argv.toArray(String[]::new)).env(PATH));
    assertThat(new String(ran.out(), UTF_8)).isEqualTo(String.join("\0", words) + "\0");
  }

  @Test
  void environmentIsExactlyWhatWasSent() throws Exception {
    List<byte[]> sent = new ArrayList<>();
    sent.add("EMPTY=".getBytes(UTF_8));
    sent.add("QUOTES='\"$(id)`\\\n=x=".getBytes(UTF_8));
    sent.add(concat("EVERY=".getBytes(UTF_8), everyByte(255)));
    sent.add(concat("BIG=".getBytes(UTF_8), everyByte(100 * 1024)));
    sent.add(concat("odd name\u00ff.-=".getBytes(ISO_8859_1), new byte[] {(byte) 0xfe}));
    for (int i = 0; i < 12; i++) {
      sent.add(concat(("MORE" + i + "=").getBytes(UTF_8), everyByte(100_000)));
    }
    var ran = guest.run(RunSpec.of("a", "/", "/bin/cat", "/proc/self/environ").env(sent));
    assertThat(ran.ended()).isEqualTo(new Ended.Exited(0));
    assertThat(split(ran.out())).containsExactlyInAnyOrderElementsOf(texts(sent));
  }

  @Test
  void somethingLeftBehindDoesNotHoldTheEnd() throws Exception {
    long began = System.nanoTime();
    var ran = guest.run(shell("a", "sleep 60 & echo $!; exit 3"));
    assertThat(ran.ended()).isEqualTo(new Ended.Exited(3));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    assertThat(guest.control.signal("a", "KILL")).isEqualTo(1);
  }

  @Test
  void signalsReachTheWholeTreeEvenOtherSessions() throws Exception {
    String script = "setsid sh -c 'sleep 300; :' & sh -c 'sleep 300; :' & echo up; wait";
    Process process = guest.start(shell("a", script), new byte[0]);
    assertThat(process.inputReader().readLine()).isEqualTo("up");
    assertThat(guest.control.status("a")).isInstanceOf(RunState.Running.class);
    assertThat(guest.control.signal("a", "KILL")).isGreaterThanOrEqualTo(3);
    assertThat(guest.control.await("a", Duration.ofSeconds(20))).isEqualTo(new Ended.Signalled(9));
    process.waitFor();
    assertThat(guest.control.signal("a", "KILL")).isZero();
  }

  @Test
  void statusSurvivesTheLossOfTheConnection() throws Exception {
    Process process =
        guest.start(
            shell(
                "a",
                "echo up; while [ ! -e go ]; do sleep 0.05; done; seq 100000; exit 9",
                dir.toString()),
            new byte[0]);
    var reader = process.inputReader();
    assertThat(reader.readLine()).isEqualTo("up");
    reader.close();
    process.getErrorStream().close();
    Files.createFile(dir.resolve("go"));
    assertThat(guest.control.await("a", Duration.ofSeconds(20))).isEqualTo(new Ended.Exited(9));
  }

  @Test
  void aKilledRunnerIsNoSuccess() throws Exception {
    Process process = guest.start(shell("a", "echo up; sleep 300"), new byte[0]);
    assertThat(process.inputReader().readLine()).isEqualTo("up");
    process.destroyForcibly().waitFor();
    assertThat(guest.control.await("a", Duration.ofSeconds(20))).isEqualTo(new Ended.Lost());
    guest.control.signal("a", "KILL");
  }

  @Test
  void perlHasNoComplaintAboutTheProgram() {
    Command check =
        Command.of("perl", "-Mstrict", "-Mwarnings", "-c", LocalGuest.PROGRAM.toString());
    assertThat(check.merged().check().text()).endsWith("guest.pl syntax OK").hasLineCount(1);
  }

  private static RunSpec shell(String id, String script) {
    return shell(id, script, "/");
  }

  private static RunSpec shell(String id, String script, String cwd) {
    return RunSpec.of(id, cwd, "/bin/sh", "-c", script).env(PATH);
  }

  private static byte[] everyByte(int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (1 + i % 255);
    }
    return bytes;
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static List<String> texts(List<byte[]> all) {
    return all.stream().map(b -> new String(b, ISO_8859_1)).toList();
  }

  private static List<String> split(byte[] environ) {
    List<String> all = new ArrayList<>();
    ByteArrayOutputStream word = new ByteArrayOutputStream();
    for (byte b : environ) {
      if (b == 0) {
        all.add(word.toString(ISO_8859_1));
        word.reset();
      } else {
        word.write(b);
      }
    }
    return all;
  }
}
