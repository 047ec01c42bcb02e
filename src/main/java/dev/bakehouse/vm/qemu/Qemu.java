package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Trees;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The QEMU of this host and the accelerator that works with it.
///
/// @param version as QEMU prints it, for example `7.2.22`
/// @param accel `kvm`, `hvf` or `tcg`
record Qemu(Path binary, Arch arch, String version, String accel) {
  /// The remembered answer holds for the same emulator file on the same kernel.
  record Found(
      String binary, long size, long changed, String kernel, String version, String accel) {
    boolean fits(Found other) {
      return binary.equals(other.binary)
          && size == other.size
          && changed == other.changed
          && kernel.equals(other.kernel);
    }
  }

  private static final Version ATTACHES = Version.parse("6.2");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /// Whether another file can be put behind the disk of a guest that runs.
  boolean attachesRunning() {
    return Version.parse(version).compareTo(ATTACHES) >= 0;
  }

  /// Finds QEMU on a search path. The first time, a probe guest is run with each accelerator.
  ///
  /// @param state keeps the answer in `cache/qemu.json`
  /// @throws UserError when QEMU is missing or no accelerator runs a guest
  static Qemu detect(Path state, String searchPath) {
    Arch arch = Arch.host();
    Path binary = find(arch.binary, searchPath);
    find("qemu-img", searchPath);
    Path memory = state.resolve("cache").resolve("qemu.json");
    try {
      Found wanted = fingerprint(binary);
      Optional<Found> known = recall(memory).filter(wanted::fits);
      if (known.isEmpty()) {
        String version = version(binary);
        Trees.make(state.resolve("cache"));
        String accel = Accelerators.choose(binary, arch, state.resolve("cache")).accel();
        known =
            Optional.of(
                new Found(
                    wanted.binary, wanted.size, wanted.changed, wanted.kernel, version, accel));
        remember(memory, known.get());
      }
      return new Qemu(binary, arch, known.get().version(), known.get().accel());
    } catch (IOException e) {
      throw new UserError(
          "Could not examine " + binary + ": " + e.getMessage(),
          "Check the mode and space of " + state + ".",
          e);
    }
  }

  static Path find(String program, String searchPath) {
    return Stream.of(searchPath.split(File.pathSeparator))
        .filter(d -> !d.isEmpty())
        .map(d -> Path.of(d, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    "QEMU is not installed: no " + program + " on PATH",
                    "Install it: `apt-get install qemu-system qemu-utils` or `brew install qemu`."));
  }

  private static String version(Path binary) {
    Outcome outcome = Command.of(binary.toString(), "--version").check();
    String[] words = outcome.text().split("\\s+");
    for (int i = 0; i + 1 < words.length; i++) {
      if (words[i].equals("version")) {
        return words[i + 1];
      }
    }
    throw new UserError(
        "Could not read the version of " + binary + ": " + outcome.text(), "Install a real QEMU.");
  }

  private static Found fingerprint(Path binary) throws IOException {
    long changed = Files.getLastModifiedTime(binary).toMillis();
    String kernel = System.getProperty("os.version") + " " + Files.exists(Path.of("/dev/kvm"));
    return new Found(binary.toString(), Files.size(binary), changed, kernel, "", "");
  }

  private static Optional<Found> recall(Path memory) {
    try {
      return Optional.of(JSON.readValue(Files.readAllBytes(memory), Found.class));
    } catch (IOException | JacksonException e) {
      return Optional.empty();
    }
  }

  private static void remember(Path memory, Found found) throws IOException {
    Path draft = Files.createTempFile(memory.getParent(), "qemu", ".new");
    Files.write(draft, JSON.writeValueAsBytes(found));
    Files.move(draft, memory, StandardCopyOption.ATOMIC_MOVE);
  }
}
