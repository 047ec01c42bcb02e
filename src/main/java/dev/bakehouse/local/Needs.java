package dev.bakehouse.local;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.UserError;
import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// The programs a machine needs, found or installed: what is missing is said, asked for, and put
/// there by the system's own package manager.
final class Needs {
  private static final Duration INSTALL = Duration.ofMinutes(20);

  /// @param program as [Programs] finds it
  /// @param apt Debian package, or empty where it has none
  /// @param brew Homebrew formula, or empty
  record Need(String program, String why, String apt, String brew) {}

  static final List<Need> RUN =
      List.of(
          new Need("git", "sources", "git", "git"),
          new Need("ssh", "into the guests", "openssh-client", ""),
          new Need("perl", "guardians of VMs", "perl-base", ""),
          new Need("tar", "files into the guests", "tar", ""),
          new Need(qemu(), "VMs", arm() ? "qemu-system-arm" : "qemu-system-x86", "qemu"),
          new Need("qemu-img", "disks of VMs", "qemu-utils", "qemu"),
          new Need("debugfs", "the guest image's kernel", "e2fsprogs", "e2fsprogs"));

  static final List<Need> IMAGE =
      List.of(
          new Need("mmdebstrap", "the guest image's packages", "mmdebstrap", ""),
          new Need("fakeroot", "the guest image's file owners", "fakeroot", ""),
          new Need("fakechroot", "the guest image without root", "fakechroot", ""),
          new Need("mkfs.ext4", "the guest image's disk", "e2fsprogs", "e2fsprogs"),
          new Need("python3", "Zig for the guest image", "python3", "python3"),
          new Need("pip", "Zig for the guest image", "python3-pip", "python3"));

  private final PrintStream out;
  private final boolean yes;

  Needs(PrintStream out, boolean yes) {
    this.out = out;
    this.yes = yes;
  }

  /// Installs what is missing of the lists.
  ///
  /// @throws UserError when something is missing and may not or can not be installed; it says how
  ///   to
  void ensure(List<Need> needs) {
    List<Need> missing = needs.stream().filter(n -> Programs.find(n.program()).isEmpty()).toList();
    if (missing.isEmpty()) {
      return;
    }
    boolean brew = Programs.find("brew").isPresent();
    Set<String> packages = new LinkedHashSet<>();
    missing.forEach(n -> packages.add(brew ? n.brew() : n.apt()));
    packages.remove("");
    String names = String.join(" ", packages);
    String installer = brew ? "brew install " + names : "apt-get install " + names;
    for (Need need : missing) {
      out.println("  needs " + need.program() + " (" + need.why() + ")");
    }
    if (!brew && Programs.find("apt-get").isEmpty()) {
      throw new UserError(
          "Programs are missing and there is neither apt-get nor brew here",
          "Install them by hand: " + names + ".");
    }
    confirm(installer);
    install(brew, List.copyOf(packages));
    List<Need> still = missing.stream().filter(n -> Programs.find(n.program()).isEmpty()).toList();
    if (!still.isEmpty()) {
      throw new UserError(
          "Still missing after `" + installer + "`: " + still.getFirst().program(),
          "Install it by hand and run this again.");
    }
  }

  /// Asks before something is installed; `--yes` answers.
  ///
  /// @throws UserError when nobody can be asked or the answer is no
  void confirm(String what) {
    confirm(what, "Run `" + what + "`, or run this again with --yes.");
  }

  /// As [#confirm(String)], with what to do instead.
  void confirm(String what, String remedy) {
    if (yes) {
      out.println("  " + what);
      return;
    }
    Console console =
        Optional.ofNullable(System.console())
            .filter(Console::isTerminal)
            .orElseThrow(
                () ->
                    new UserError(
                        "This machine lacks what is listed above, and nobody can be asked",
                        remedy));
    String answer = console.readLine("Run `%s`? [y/N] ", what);
    if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).startsWith("y")) {
      throw new UserError("Not installed", remedy);
    }
  }

  private void install(boolean brew, List<String> packages) {
    if (brew) {
      Command.of("brew", "install").and(packages.toArray(String[]::new)).deadline(INSTALL).check();
      return;
    }
    List<String> sudo =
        System.getProperty("user.name").equals("root") ? List.of() : List.of("sudo");
    apt(sudo, List.of("update", "-qq"));
    List<String> install =
        new ArrayList<>(List.of("install", "-y", "-qq", "--no-install-recommends"));
    install.addAll(packages);
    apt(sudo, install);
  }

  private static void apt(List<String> sudo, List<String> arguments) {
    List<String> argv = new ArrayList<>(sudo);
    argv.addAll(List.of("env", "DEBIAN_FRONTEND=noninteractive", "apt-get"));
    argv.addAll(arguments);
    Command.of(argv).deadline(INSTALL).check();
  }

  private static String qemu() {
    return arm() ? "qemu-system-aarch64" : "qemu-system-x86_64";
  }

  private static boolean arm() {
    return System.getProperty("os.arch").equals("aarch64");
  }
}
