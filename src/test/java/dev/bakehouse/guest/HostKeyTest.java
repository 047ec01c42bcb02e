package dev.bakehouse.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How the guest program gives its SSH server, which waits at a FIFO, the host key.
class HostKeyTest {
  private static final String PROGRAM =
      Path.of("src/main/resources/dev/bakehouse/guest/guest.pl").toAbsolutePath().toString();
  private static final String GIVE =
      "host_key('host-key' => 'private', 'host-key-public' => 'public');";

  @TempDir Path dir;

  /// The server has looked its key up, found the FIFO and not opened it: O_PATH holds that instant
  /// until the program has looked for a reader once.
  @Test
  void aServerBetweenItsLookUpAndItsOpenGetsTheKey() throws IOException {
    Outcome outcome =
        perl(
            """
            pipe my $found_r, my $found_w; pipe my $tried_r, my $tried_w; pipe my $key_r, my $key_w;
            $main::sshd = fork;
            if (!$main::sshd) {
                close $tried_w;
                sysopen my $found, $key, 010000000 or die;
                syswrite $found_w, 'x';
                sysread $tried_r, my $x, 1 or exit 1;
                open my $in, '<', '/proc/self/fd/' . fileno $found or die;
                syswrite $key_w, join '', <$in>;
                exit 0;
            }
            close $found_w; close $key_w;
            sysread $found_r, my $x, 1;
            my $pause = \\&main::pause;
            no warnings 'redefine';
            *main::pause = sub { syswrite $tried_w, 'x'; $pause->(@_) };
            """
                + GIVE
                + "close $tried_w; print join '', <$key_r>; waitpid $main::sshd, 0;");
    assertThat(outcome.text()).isEqualTo("private");
    assertThat(dir.resolve("ssh/ssh_host_ed25519_key")).hasContent("private");
  }

  @Test
  void aServerThatDiedAtItsFifoIsNotWaitedFor() throws IOException {
    perl("$main::sshd = fork; exit 0 if !$main::sshd;" + GIVE);
    assertThat(dir.resolve("ssh/ssh_host_ed25519_key")).isRegularFile().hasContent("private");
  }

  private Outcome perl(String code) throws IOException {
    Files.createDirectories(dir.resolve("ssh"));
    String script =
        "use strict; use warnings; require $ARGV[0]; $main::etc = $ARGV[1];"
            + " my $key = \"$main::etc/ssh/ssh_host_ed25519_key\"; POSIX::mkfifo($key, 0600);";
    Outcome outcome =
        Command.of("perl", "-e", script + code, PROGRAM, dir.toString())
            .deadline(Duration.ofMinutes(1))
            .run();
    assertThat(outcome.status()).as(outcome.complaint()).isZero();
    return outcome;
  }
}
