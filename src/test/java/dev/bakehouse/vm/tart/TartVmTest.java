package dev.bakehouse.vm.tart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.Ended;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.RunResult;
import dev.bakehouse.guest.RunSpec;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.guest.SshKey;
import dev.bakehouse.guest.SshTarget;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Duplex;
import dev.bakehouse.vm.Endpoint;
import dev.bakehouse.vm.GuestImage;
import dev.bakehouse.vm.Owner;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.Template;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.Vm;
import dev.bakehouse.vm.VmInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The driver on real VMs, through the stand-in.
@Tag("vm")
class TartVmTest {
  private static final Duration BOOT = Duration.ofMinutes(3);
  private static final Shape SHAPE = new Shape(1, 1024, 10);

  @TempDir static Path shared;
  private static StandIn standIn;

  @TempDir Path state;
  private TartHypervisor tart;

  @BeforeAll
  static void install() throws IOException {
    standIn = StandIn.install(shared);
    standIn.add("mac", GuestImage.directory(), "darwin");
    standIn.add("debian", GuestImage.directory(), "linux");
  }

  @BeforeEach
  void make() {
    tart = new TartHypervisor(state, Owner.PIPE, TartSettings.of(standIn.environment(), BOOT));
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    Files.deleteIfExists(standIn.home().resolve("standin.limit"));
    for (VmInfo info : tart.list()) {
      tart.find(info.name()).ifPresent(Vm::destroy);
    }
    assertThat(Trees.names(standIn.home().resolve("vms"))).containsExactly("debian", "mac");
    assertThat(Trees.names(state.resolve("vms"))).allMatch(".lock"::equals);
  }

  @Test
  void aTemplateIsResumedIdentifiedAndRunsCommands() throws Exception {
    BaseImage image = tart.image("mac").orElseThrow();
    tart.insistSuspendable(image);
    Vm source = tart.create("source", image, SHAPE);
    source.start(Owner.PIPE);
    String boot;
    try (Duplex channel = source.control(GuestProgram.bytes());
        Control control = new Control(channel.in(), channel.out())) {
      boot = control.hello(BOOT).bootId();
    }
    Template template = tart.suspend(source, "key");
    assertThat(tart.templates().getFirst().files())
        .as("all that is not shared with the image")
        .singleElement()
        .satisfies(file -> assertThat(file).exists().hasFileName(StandInVm.STATE));
    assertThat(tart.template("key")).contains(template);
    assertThat(tart.find("source")).isEmpty();
    assertThat(tart.image("mac")).as("the image is untouched").contains(image);

    Vm vm = tart.createFrom("one", template);
    vm.start(Owner.PIPE);
    Vm twin = tart.createFrom("two", template);
    assertThatThrownBy(() -> twin.start(Owner.PIPE)).hasMessageContaining("have one MAC");
    assertThat(twin.running()).isFalse();
    try (Duplex channel = vm.control(GuestProgram.bytes());
        Control control = new Control(channel.in(), channel.out())) {
      assertThat(control.hello(BOOT).bootId()).as("it did not boot").isEqualTo(boot);
      commands(vm, control);
    }
    exits("one");
    vm.destroy();
    assertThat(tart.find("one")).isEmpty();
    twin.start(Owner.PIPE);
    long begin = System.nanoTime();
    twin.shutdown(BOOT);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).as("the guest obeys").isLessThan(BOOT);
    assertThat(twin.running()).isFalse();
    tart.deleteTemplate("key");
    assertThat(tart.template("key")).isEmpty();
  }

  private void commands(Vm vm, Control control) throws Exception {
    SshKey login = SshKey.create();
    Identity identity = Identity.fresh("one-of-tart", "admin", login);
    control.identify(identity, BOOT);
    Endpoint ssh = vm.ssh(BOOT);
    assertThat(ssh.host()).startsWith("127.").isNotEqualTo("127.0.0.1");
    SshTarget target =
        new SshTarget(
            ssh.host(),
            ssh.port(),
            "admin",
            login.save(state.resolve("login")),
            identity.hostKey().publicLine(),
            vm.guestProgram());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Ssh session = Ssh.open(target, List.of(), state.resolve("ssh"), BOOT)) {
      RunSpec spec = RunSpec.of("r1", "/", "sh", "-c", "hostname; exit 7");
      RunResult result = session.run(spec, out, out, control, BOOT);
      assertThat(result).isEqualTo(new RunResult.Finished(new Ended.Exited(7)));
    }
    assertThat(out.toString()).isEqualTo("one-of-tart\n");
  }

  private void exits(String name) {
    Tart command = Tart.onPath(standIn.environment().get("PATH"));
    for (int status : List.of(0, 1, 7, 125, 255)) {
      Outcome outcome =
          command
              .exec(name, List.of("sh", "-c", "cat; echo e >&2; exit " + status))
              .input("in\n".getBytes())
              .run();
      assertThat(outcome.status()).isEqualTo(status);
      assertThat(new String(outcome.out())).isEqualTo("in\n");
      assertThat(new String(outcome.err())).isEqualTo("e\n");
    }
  }

  @Test
  void aVmEndsWithItsOwnerAndTheReaperRemovesIt() throws Exception {
    assertThatThrownBy(() -> tart.insistSuspendable(tart.image("debian").orElseThrow()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("macOS guests only");
    Command command = Jvm.of(OwnerMain.class, state.toString());
    for (var variable : standIn.environment().entrySet()) {
      command = command.env(variable.getKey(), variable.getValue());
    }
    Process owner = command.start();
    assertThat(owner.inputReader().readLine()).isEqualTo("runs");
    Reaper reaper = new Reaper(state, List.of(tart));
    assertThat(reaper.sweep()).isEmpty();
    Vm lost = tart.find("lost").orElseThrow();
    assertThat(lost.running()).isTrue();
    Vm neighbour = tart.create("lost-2", tart.image("debian").orElseThrow(), SHAPE);
    long qemu = new StandInVm("lost", standIn.home().resolve("vms/lost")).qemu();
    assertThat(ProcessHandle.of(qemu)).isPresent();
    owner.destroyForcibly().waitFor();
    Poll.until("its end", BOOT, () -> Optional.of(1).filter(_ -> !lost.running()));
    Poll.until("QEMU's end", BOOT, () -> Optional.of(1).filter(_ -> ended(qemu)));
    assertThat(reaper.sweep()).containsExactly("lost");
    assertThat(tart.find("lost")).isEmpty();
    assertThat(tart.find("lost-2")).isPresent();
    neighbour.destroy();
  }

  private static boolean ended(long pid) {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty();
  }

  @Test
  void theLimitOfMacosIsToldWithARemedy() throws Exception {
    Vm first = tart.create("first", tart.image("debian").orElseThrow(), SHAPE);
    first.start(Owner.PIPE);
    Files.writeString(standIn.home().resolve("standin.limit"), "1\n");
    Vm second = tart.create("second", tart.image("debian").orElseThrow(), SHAPE);
    assertThatThrownBy(() -> second.start(Owner.PIPE))
        .isInstanceOfSatisfying(
            UserError.class,
            e -> {
              assertThat(e).hasMessageContaining("exceeds the system limit");
              assertThat(e.remedy()).contains("stop one of first");
            });
    assertThat(second.running()).isFalse();
    first.kill();
    second.start(Owner.PIPE);
    assertThat(second.running()).isTrue();
  }

  @Test
  void noVmIsReplaced() {
    BaseImage image = tart.image("debian").orElseThrow();
    assertThatThrownBy(() -> tart.create("mac", image, SHAPE))
        .hasMessageContaining("There is a Tart VM named mac already");
    BaseImage none = new BaseImage("none", state, "d");
    assertThatThrownBy(() -> tart.create("new", none, SHAPE))
        .isInstanceOfSatisfying(
            UserError.class,
            e -> {
              assertThat(e).hasMessageContaining("no Tart VM named none");
              assertThat(e.remedy()).contains("debian, mac");
            });
    Set<String> names = new HashSet<>();
    tart.list().forEach(info -> names.add(info.name()));
    assertThat(names).isEmpty();
  }

  /// A JVM that starts the VM `lost` and waits to be killed.
  static final class OwnerMain {
    public static void main(String[] args) throws IOException {
      TartHypervisor tart = new TartHypervisor(Path.of(args[0]), Owner.PIPE, BOOT);
      tart.create("lost", tart.image("debian").orElseThrow(), SHAPE).start(Owner.PIPE);
      System.out.println("runs");
      int end = System.in.read();
      assertThat(end).as("the test holds the pipe").isEqualTo(-1);
    }
  }
}
