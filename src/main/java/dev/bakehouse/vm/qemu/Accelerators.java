package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.CommandFailed;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Which accelerator really runs a guest here. That a device file exists or QEMU lists a name means
/// little: a nested KVM may start and hang.
final class Accelerators {
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  /// Pure software needs no support from the host, but may have to share a busy one.
  private static final Duration SOFTWARE_DEADLINE = Duration.ofSeconds(60);

  /// @param answers one line for each accelerator tried, for diagnosis
  record Choice(String accel, List<String> answers) {}

  private Accelerators() {}

  static Choice choose(Path binary, Arch arch, Path directory) throws IOException {
    Path payload = Files.createTempFile(directory, "probe", ".img");
    try {
      Files.write(payload, arch.payload());
      List<String> answers = new ArrayList<>();
      for (String accel : List.of("kvm", "hvf", "tcg")) {
        String answer = probe(binary, arch, accel, payload);
        answers.add(accel + ": " + answer);
        if (answer.equals("works")) {
          return new Choice(accel, answers);
        }
      }
      throw new UserError(
          "No accelerator of " + binary + " runs a guest: " + String.join("; ", answers),
          "Reinstall QEMU, or run it by hand to see more.");
    } finally {
      Files.deleteIfExists(payload);
    }
  }

  /// `works`, or why not. The guest gets the same CPU and processor count real ones get.
  static String probe(Path binary, Arch arch, String accel, Path payload) {
    if (accel.equals("kvm") && !Files.isWritable(Path.of("/dev/kvm"))) {
      return "/dev/kvm is missing or closed to this user";
    }
    if (accel.equals("hvf") && !System.getProperty("os.name").startsWith("Mac")) {
      return "only on macOS";
    }
    List<String> argv = new ArrayList<>(List.of(binary.toString()));
    argv.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"));
    argv.addAll(List.of("-accel", accel, "-machine", arch.machine, "-cpu", arch.cpu(accel)));
    argv.addAll(List.of("-smp", "2", "-m", "64"));
    argv.addAll(arch.payloadArguments(payload.toString()));
    Duration deadline = accel.equals("tcg") ? SOFTWARE_DEADLINE : DEADLINE;
    try {
      Outcome outcome = Command.of(argv).deadline(deadline).run();
      return outcome.status() == arch.payloadStatus
          ? "works"
          : "ended with " + outcome.status() + " " + outcome.complaint();
    } catch (CommandFailed e) {
      return "hung";
    }
  }
}
