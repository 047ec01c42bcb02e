package dev.bakehouse.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The guest program's parts for macOS, run here: with macOS's tools replaced by ones that note how
/// they were called. No test has run on macOS.
class GuestMacosTest {
  private static final String PROGRAM =
      Path.of("src/main/resources/dev/bakehouse/guest/guest.pl").toAbsolutePath().toString();

  @TempDir Path dir;
  private Path tools;
  private Path etc;

  @BeforeEach
  void make() throws IOException {
    tools = Files.createDirectories(dir.resolve("tools"));
    etc = Files.createDirectories(dir.resolve("etc/ssh")).getParent();
    for (String name : new String[] {"scutil", "date", "launchctl"}) {
      tool(name, "");
    }
  }

  @Test
  void aNameIsSetAndHostsKeepsTheRest() throws IOException {
    String before = "127.0.0.1 localhost\n255.255.255.255 broadcasthost\n";
    Files.writeString(etc.resolve("hosts"), before);
    perl("name_darwin(hostname => 'one'); name_darwin(hostname => 'two')");
    assertThat(calls())
        .contains(
            "scutil --set HostName two\nscutil --set LocalHostName two\nscutil --set ComputerName two\n");
    assertThat(etc.resolve("hosts")).hasContent(before + "127.0.0.1 two # bakehouse\n");
  }

  @Test
  void theClockIsSetInMacosSpellingAndNothingIsPrinted() throws IOException {
    tool("date", "echo Sun Nov 22");
    Outcome outcome = perl("set_clock(1795381506, 5)");
    assertThat(calls()).isEqualTo("date -u 112221052026.06\n");
    assertThat(outcome.out()).isEmpty();
  }

  @Test
  void entropyIsTaken() {
    perl("stir('x' x 64)");
  }

  @Test
  void aHostKeyIsWrittenAndARemoteLoginThatIsOnIsLeftAlone() throws IOException {
    perl("host_key('host-key' => 'private', 'host-key-public' => 'public'); serve_ssh_darwin()");
    Path key = etc.resolve("ssh/ssh_host_ed25519_key");
    assertThat(key).hasContent("private");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    assertThat(etc.resolve("ssh/ssh_host_ed25519_key.pub")).hasContent("public");
    assertThat(calls()).isEqualTo("launchctl print system/com.openssh.sshd\n");
  }

  @Test
  void aRemoteLoginThatIsOffIsTurnedOnOrTold() throws IOException {
    tool("launchctl", "[ \"$1\" != print ]");
    perl("serve_ssh_darwin()");
    assertThat(calls())
        .contains(
            "launchctl enable system/com.openssh.sshd\n"
                + "launchctl bootstrap system /System/Library/LaunchDaemons/ssh.plist\n");
    tool("launchctl", "exit 5");
    assertThat(new String(run("serve_ssh_darwin()").err(), StandardCharsets.UTF_8))
        .contains("Remote Login is off in this image", "ended with status 5");
  }

  @Test
  void processesAreThoseThatPsTells() {
    String parent = "my $p = processes(); print join ' ', @{ $p->{$$} }[0, 1]";
    assertThat(perl(parent + "; print ' ', getppid() == $p->{$$}[0] ? 'mine' : 'not'").text())
        .endsWith(" mine");
  }

  @Test
  void theRunDirectoryIsNotBelowRun() {
    String script = "BEGIN { $^O = 'darwin' } require $ARGV[0]; print run_file('r', 'ended')";
    assertThat(Command.of("perl", "-e", script, PROGRAM).check().text())
        .isEqualTo("/var/run/bakehouse/runs/r.ended");
  }

  private void tool(String name, String more) throws IOException {
    Path file = tools.resolve(name);
    Files.writeString(
        file, "#!/bin/sh\necho " + name + " \"$@\" >>" + dir.resolve("calls") + "\n" + more + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String calls() throws IOException {
    return Files.readString(dir.resolve("calls"));
  }

  private Outcome perl(String code) {
    Outcome outcome = run(code);
    assertThat(outcome.status()).as(outcome.complaint()).isZero();
    return outcome;
  }

  private Outcome run(String code) {
    String script = "require $ARGV[0]; ($main::linux, $main::etc) = (0, $ARGV[1]); " + code;
    return Command.of("perl", "-e", script, PROGRAM, etc.toString())
        .env("PATH", tools + ":/usr/bin:/bin")
        .run();
  }
}
