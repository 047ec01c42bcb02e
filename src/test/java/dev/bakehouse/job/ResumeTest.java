package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.KillFixture;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Guests resumed from one template are different machines.
@Tag("vm")
class ResumeTest {
  private static final int RESUMES = 20;
  private static final Duration CLOCK = Duration.ofSeconds(2);

  /// Prints the 32 random bytes of the ClientHello git's HTTPS client sends to a socket of its own.
  private static final String TLS_RANDOM =
      """
      use strict; use Socket;
      socket(my $server, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
      bind($server, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
      listen($server, 1) or die "listen: $!";
      my ($port) = sockaddr_in(getsockname($server));
      my $client = fork() // die "fork: $!";
      if (!$client) {
          open STDERR, '>', '/dev/null';
          exec 'git', 'ls-remote', "https://127.0.0.1:$port/none" or die "git: $!";
      }
      $SIG{ALRM} = sub { kill 'KILL', $client; die "no ClientHello" };
      alarm 60;
      accept(my $peer, $server) or die "accept: $!";
      my $hello = '';
      while (length $hello < 43) { sysread $peer, $hello, 4096, length $hello or die "closed" }
      die "no handshake" unless ord($hello) == 22 && ord(substr $hello, 5, 1) == 1;
      print unpack('H*', substr $hello, 11, 32);
      close $peer; close $server;
      waitpid $client, 0;
      """;

  @TempDir Path dir;
  private HostSettings settings;
  private Machines machines;
  private ImageLease image;

  @BeforeEach
  void make() throws Exception {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(config, KillFixture.hostConfig(dir.resolve("host")));
    settings = HostSettings.read(config);
    machines = new Machines(settings, Jobs.hypervisor(settings));
    image = new Images(settings).lease("test", System.out);
  }

  /// What a guest says of itself.
  private record Guest(
      String hostname, String machineId, String hostKey, String urandom, String tls) {}

  @Test
  void twentyResumesOfOneTemplateAreTwentyMachines() throws Exception {
    List<Guest> guests = new ArrayList<>();
    Directories.makePrivate(settings.state());
    try (Lease lease = Jobs.slots(settings).tryAcquire().orElseThrow()) {
      machines.template(image, lease, new Phases(quiet()));
      for (int n = 0; n < RESUMES; n++) {
        guests.add(resume(lease));
      }
    }
    assertThat(guests).extracting(Guest::urandom).doesNotHaveDuplicates().allMatch(hex(16));
    assertThat(guests).extracting(Guest::tls).doesNotHaveDuplicates().allMatch(hex(32));
    assertThat(guests).extracting(Guest::hostname).doesNotHaveDuplicates();
    assertThat(guests).extracting(Guest::machineId).doesNotHaveDuplicates().allMatch(hex(16));
    assertThat(guests).extracting(Guest::hostKey).doesNotHaveDuplicates();
    assertThat(machines.hypervisor().list()).isEmpty();
  }

  private Guest resume(Lease lease) throws Exception {
    String name = Machines.name("twin");
    Machine machine =
        Machine.start(
            machines,
            image,
            lease,
            new Machine.Start(
                name, "resume", List.of(), Connections.directory(settings), Owner.PIPE),
            new Phases(quiet()));
    try {
      // The very first draw of the first command.
      byte[] urandom = bytes(machine, "head", "-c", "16", "/dev/urandom");
      assertClock(machine);
      String hostname = text(machine, "cat", "/proc/sys/kernel/hostname");
      assertThat(hostname).isEqualTo(name);
      return new Guest(
          hostname,
          text(machine, "cat", "/etc/machine-id"),
          text(machine, "cat", "/etc/ssh/ssh_host_ed25519_key.pub"),
          HexFormat.of().formatHex(urandom),
          text(machine, "perl", "-e", TLS_RANDOM));
    } finally {
      machine.destroy();
    }
  }

  /// The guest's answer must lie between the question and its return, two seconds aside.
  private static void assertClock(Machine machine) {
    Instant before = Instant.now();
    Instant guest = machine.control().time();
    assertThat(guest).isBetween(before.minus(CLOCK), Instant.now().plus(CLOCK));
  }

  private static java.util.function.Predicate<String> hex(int bytes) {
    return text -> text.matches("[0-9a-f]{" + 2 * bytes + "}");
  }

  private static String text(Machine machine, String... argv) throws Exception {
    return new String(bytes(machine, argv), StandardCharsets.UTF_8).strip();
  }

  private static byte[] bytes(Machine machine, String... argv) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    machine.run(List.of(argv), InputStream.nullInputStream(), out);
    return out.toByteArray();
  }

  private static PrintStream quiet() {
    return new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
  }
}
