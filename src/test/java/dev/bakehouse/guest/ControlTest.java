package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlTest {
  private static final Duration SOON = Duration.ofSeconds(20);

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

  @Test
  void answersWithItsVersionAndClock() {
    assertThat(guest.control.hello(SOON).version()).isEqualTo(1);
    assertThat(Duration.between(guest.control.time(), Instant.now()).abs())
        .isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void anyBytesComeBack() {
    Random random = new Random(3);
    for (int size : new int[] {0, 1, 10, 4096, 70_000, 3_000_000}) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      assertThat(guest.control.ping(bytes, SOON)).isEqualTo(bytes);
    }
  }

  @Test
  void survivesNoiseAndHalfFrames() throws Exception {
    Random random = new Random(5);
    byte[] frame =
        Frame.encode(List.of("other".getBytes(UTF_8), "1".getBytes(UTF_8), "ping".getBytes(UTF_8)));
    for (int round = 0; round < 40; round++) {
      byte[] noise = new byte[random.nextInt(5000)];
      random.nextBytes(noise);
      guest.noise(noise);
      guest.noise(Arrays.copyOf(frame, random.nextInt(frame.length)));
      assertThat(guest.control.ping(noise, SOON)).isEqualTo(noise);
    }
  }

  @Test
  void unknownRunIsUnknown() {
    assertThat(guest.control.status("nobody")).isEqualTo(new RunState.Unknown());
  }

  @Test
  void refusesWhatIsNoRunId() {
    assertThatThrownBy(() -> guest.control.status("../../etc/passwd"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("bad run id");
  }

  @Test
  void awaitHasADeadline() {
    assertThatThrownBy(() -> guest.control.await("nobody", Duration.ofMillis(200)))
        .isInstanceOf(ControlLost.class)
        .hasMessageContaining("no answer within 0.2 s");
  }

  @Test
  void writesFilesWithModeAndOwner() throws Exception {
    Path file = dir.resolve("config");
    byte[] content = {0, 1, '\n', 0x1b, (byte) 0xff};
    guest.control.write(file.toString(), 0640, System.getProperty("user.name"), content);
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
    assertThat(Files.getPosixFilePermissions(file)).hasSize(3);
  }

  @Test
  void runsPerlApartAndBringsWhatItPrints() {
    assertThat(
            perl(
                """
                use strict;
                system 'echo a program';
                print join('|', @ARGV, <STDIN> // 'nothing', $ENV{PATH}, $ENV{HOME} // 'no home');
                """,
                "a b",
                "ö"))
        .isEqualTo("a b|ö|nothing|/usr/bin:/bin|no home");
    assertThat(perl("1;")).isEmpty();
    assertThatThrownBy(() -> perl("print 'x'; die \"no\\tdisk\\n\""))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no\tdisk");
    assertThatThrownBy(() -> perl("}"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("syntax error");
    assertThatThrownBy(() -> perl("kill 'KILL', $$"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("it ended early");
  }

  @Test
  void perlThatWaitsKeepsNobodyElseWaiting() {
    List<String> none = List.of();
    Duration now = Duration.ofMillis(200);
    String user = System.getProperty("user.name");
    assertThatThrownBy(() -> guest.control.perl(user, "/bin", "sleep 20", none, now))
        .isInstanceOf(ControlLost.class);
    assertThat(guest.control.ping(new byte[] {1}, SOON)).containsExactly(1);
  }

  @Test
  void learnedPerlIsCompiledOnceAndRunsAnewEachTime() {
    String code =
        """
        use strict;
        our ($pid, $runs, @given);
        BEGIN { $pid = $$ }
        $runs++;
        @given = @ARGV;
        sub given { return "@given" }
        print $pid == $$ ? 'compiled here' : 'compiled before', ", run $runs of ", given();
        """;
    assertThat(perl(code, "a")).isEqualTo("compiled here, run 1 of a");
    guest.control.learn(List.of(code, code.replace("of ", "with ")), SOON);
    assertThat(perl(code, "b")).isEqualTo("compiled before, run 1 of b");
    assertThat(perl(code.replace("of ", "with "), "c")).isEqualTo("compiled before, run 1 with c");
    assertThat(perl(code, "d")).isEqualTo("compiled before, run 1 of d");
    assertThatThrownBy(() -> guest.control.learn(List.of("}"), SOON))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("syntax error");
    String older = "my ($name) = @ARGV; sub name { return $name } print name(), __PACKAGE__";
    assertThat(perl(older, "e")).isEqualTo("esent");
  }

  private String perl(String code, String... args) {
    String user = System.getProperty("user.name");
    return guest.control.perl(user, "/usr/bin:/bin", code, List.of(args), SOON);
  }

  @Test
  void aClosedChannelIsLost() {
    guest.close();
    assertThatThrownBy(() -> guest.control.hello(SOON)).isInstanceOf(ControlLost.class);
  }
}
