package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.KillFixture;
import dev.bakehouse.image.ImageLease;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.vm.Owner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a guest reaches of the world around its host. The world is a network namespace with one
/// address that is not loopback; host, hypervisor and guests run in it.
@Tag("vm")
class GuestNetworkTest {
  private static final String ADDRESS = "10.77.0.1";
  private static final String NAMESPACE =
      "ip link set lo up && ip link add v0 type veth peer name v1 && ip addr add "
          + ADDRESS
          + "/24 dev v0 && ip link set v0 up && ip link set v1 up && exec \"$@\"";

  @TempDir Path dir;

  @Test
  void anIsolatedGuestReachesNothingAndAnotherWhatItsHostReaches() throws Exception {
    Outcome outcome =
        Command.of("unshare", "--map-root-user", "--net", "sh", "-c", NAMESPACE, "-")
            .and(Path.of(System.getProperty("java.home"), "bin", "java").toString())
            .and("-cp", System.getProperty("java.class.path"))
            .and("-Dbakehouse.test.image=" + KillFixture.image())
            .and(Namespace.class.getName(), dir.toString())
            .deadline(Duration.ofMinutes(6))
            .run();
    assertThat(outcome.status()).as(new String(outcome.err(), StandardCharsets.UTF_8)).isZero();
    assertThat(outcome.text().lines())
        .containsExactly(
            "isolated: address 192.168.127.15/24",
            "isolated: reaches " + ADDRESS + " no",
            "isolated: reaches 192.168.127.2 no",
            "isolated: resolver ",
            "outbound: address 10.99.7.15/24",
            "outbound: reaches " + ADDRESS + " yes",
            "outbound: resolver nameserver 10.99.7.3");
  }

  /// The JVM inside the namespace: a server on every address, and one guest after the other.
  static final class Namespace {
    public static void main(String[] args) throws Exception {
      Path dir = Path.of(args[0]);
      try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("0.0.0.0"))) {
        Threads.start(() -> serve(server));
        int port = server.getLocalPort();
        try (Guest guest = new Guest(dir, "isolated", "network: isolated", Optional.empty())) {
          guest.address();
          guest.reach(ADDRESS, port);
          guest.reach("192.168.127.2", port);
          guest.resolver();
        }
        Optional<String> far = Optional.of("http://" + ADDRESS + ":" + port + "/v3");
        try (Guest guest = new Guest(dir, "outbound", "subnet: 10.99.7.0/24", far)) {
          guest.address();
          guest.reach(ADDRESS, port);
          guest.resolver();
        }
      }
      System.exit(0);
    }

    private static void serve(ServerSocket server) {
      while (true) {
        try (Socket client = server.accept()) {
          client.getOutputStream().write("reached\n".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
          return;
        }
      }
    }
  }

  private static final class Guest implements AutoCloseable {
    private final String name;
    private final Lease lease;
    private final Machine machine;

    Guest(Path dir, String name, String vm, Optional<String> endpoint) throws IOException {
      this.name = name;
      Path config = dir.resolve(name + ".yml");
      String text = KillFixture.hostConfig(dir.resolve("host"));
      Files.writeString(config, text.replace("disk-gb: 4", "disk-gb: 4, " + vm));
      HostSettings settings = HostSettings.read(config);
      Directories.makePrivate(settings.state());
      ImageLease image = new Images(settings).lease("test", System.err);
      this.lease = Jobs.slots(settings).tryAcquire().orElseThrow();
      this.machine =
          Machine.start(
              Jobs.machines(settings, Owner.PIPE, Map.of(), endpoint),
              image,
              lease,
              new Machine.Start(
                  Machines.name(name),
                  "boot",
                  List.of(),
                  Connections.directory(settings),
                  Owner.PIPE),
              new Phases(System.err));
    }

    void address() throws IOException {
      say("address " + sh("ip -brief -4 address show eth0 | awk '{print $3}'"));
    }

    void reach(String address, int port) throws IOException {
      String probe = "exec 3<>/dev/tcp/" + address + "/" + port + " && head -n 1 <&3";
      String answer = sh("timeout 15 bash -c '" + probe + "' 2>/dev/null || true");
      say("reaches " + address + (answer.equals("reached") ? " yes" : " no"));
    }

    void resolver() throws IOException {
      say("resolver " + sh("cat /etc/resolv.conf"));
    }

    private void say(String what) {
      System.out.println(name + ": " + what);
    }

    private String sh(String script) throws IOException {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      machine.run(List.of("sh", "-c", script), InputStream.nullInputStream(), out);
      return out.toString(StandardCharsets.UTF_8).strip();
    }

    @Override
    public void close() {
      machine.destroy();
      lease.close();
    }
  }
}
