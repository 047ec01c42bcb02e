package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.Fault;
import dev.bakehouse.oci.FaultyRegistry;
import dev.bakehouse.oci.NoisyDisk;
import dev.bakehouse.platform.Command;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a person sees of transfers on a terminal of 60 columns.
@Tag("registry")
class TerminalProgressTest {
  private static final int COLUMNS = 60;

  /// Runs a command on a pseudo-terminal and passes on what it shows.
  private static final String ON_TERMINAL =
      """
      import fcntl, os, pty, struct, sys, termios
      pid, terminal = pty.fork()
      if pid == 0:
          fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
          os.execv(sys.argv[2], sys.argv[2:])
      while True:
          try:
              shown = os.read(terminal, 65536)
          except OSError:
              break
          if not shown:
              break
          os.write(1, shown)
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
      """;

  @TempDir Path temp;

  @Test
  void oneLineIsRewrittenAndLeavesNothingBehind() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        FaultyRegistry slow = FaultyRegistry.before(registry.host())) {
      Fixture maker = new Fixture(temp.resolve("maker"));
      Path vm = NoisyDisk.make(temp.resolve("vm"), 1, 3_000_000, 1);
      maker.store.adopt("vm", vm, Map.of(), "test");
      String reference = slow.host() + "/o/r/vm:v1";
      // What makes a line due while bytes are still to come, whichever upload is first.
      slow.always("POST", "/blobs/uploads/", new Fault.Late(1000));
      Screen push = shown(temp.resolve("maker"), "push", "vm", reference);
      assertThat(push.cleared()).anyMatch(row -> row.matches("push vm: .* of 536 MB, .*"));
      check(push);

      Fault pause = new Fault.Status(429, Map.of("Retry-After", "1"), "");
      slow.on("GET", "/blobs/", new Fault.Pass(), pause);
      Screen pull = shown(temp.resolve("state"), "pull", reference, "--name", "i");
      assertThat(pull.cleared()).anyMatch(row -> row.matches("pull i: .* of 5,\\d+ kB, .*/s.*"));
      check(pull);
    }
  }

  /// Lines that stay are those with a time, wrapped or not; no status line is among them.
  private static void check(Screen screen) {
    String all = String.join("", screen.rows());
    assertThat(all).contains(" moved").doesNotContain(" left").doesNotContain("/s,");
    assertThat(screen.rows()).allMatch(row -> row.length() <= COLUMNS);
  }

  private static Screen shown(Path state, String... args) throws Exception {
    Command child = new Child(state).command(args);
    Command command =
        Command.of("python3", "-c", ON_TERMINAL, Integer.toString(COLUMNS))
            .and(child.argv().toArray(String[]::new))
            .env("TERM", "xterm");
    return new Screen(COLUMNS, command.check().text());
  }
}
