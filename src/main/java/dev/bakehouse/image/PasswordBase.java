package dev.bakehouse.image;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.guest.SshTarget;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.ProgramFiles;
import dev.bakehouse.platform.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// The first contact with a guest that knows nothing but a user and a password: brings the guest
/// program, gives the guest its identity and the build's key, and lets it start as other guests do
/// from then on.
final class PasswordBase {
  private static final Duration STEP = Duration.ofMinutes(2);
  private static final byte[] NONE = {};
  private static final String UNITS = "/etc/systemd/system/bakehouse-";

  private final SshTarget target;

  /// @param target its key and host key are the ones the guest is given
  PasswordBase(SshTarget target) {
    this.target = target;
  }

  /// Returns when the guest takes the identity's key.
  ///
  /// @param dir of this contact alone
  void adopt(String password, Identity identity, Path dir, Duration deadline) {
    try (Ssh ssh = logIn(password, dir, deadline)) {
      bringProgram(ssh);
      try (Control control = ssh.control()) {
        control.hello(STEP);
        control.identify(identity, STEP);
        if (startsByItself(ssh)) {
          for (String unit : List.of("guest", "ready")) {
            control.write(UNITS + unit + ".service", 0644, "root", unit(unit));
          }
          root(ssh, ProgramFiles.bytes(PasswordBase.class, "build/adopt.sh"), "sh", "-s");
        }
      }
    }
  }

  /// Whether the guest program is to be a service of the image; other hypervisors bring it along.
  private boolean startsByItself(Ssh ssh) {
    String service = new String(unit("guest"), StandardCharsets.UTF_8);
    return service.contains(" " + target.program() + " ")
        && ssh.exec(NONE, STEP, "uname", "-s").text().equals("Linux");
  }

  private static byte[] unit(String name) {
    return ProgramFiles.bytes(PasswordBase.class, "debian/" + name + ".service");
  }

  private Ssh logIn(String password, Path dir, Duration deadline) {
    try {
      return Ssh.openWithPassword(target, password, dir, deadline);
    } catch (Poll.Fatal e) {
      throw String.valueOf(e.getMessage()).contains("Permission denied")
          ? new UserError(
              "The base has no guest program, and its sshd does not let "
                  + target.user()
                  + " in with the password: "
                  + e.getMessage(),
              "Write the base's password into a file and name it with `image.base-password-file` in bakehouse.yml.",
              e)
          : e;
    }
  }

  private void bringProgram(Ssh ssh) {
    String program = target.program();
    root(ssh, NONE, "mkdir", "-p", String.valueOf(Path.of(program).getParent()));
    root(ssh, GuestProgram.bytes(), "tee", program);
    root(ssh, NONE, "chmod", "755", program);
  }

  private void root(Ssh ssh, byte[] input, String... words) {
    String[] all = new String[words.length + 2];
    all[0] = "sudo";
    all[1] = "-n";
    System.arraycopy(words, 0, all, 2, words.length);
    Outcome outcome = ssh.exec(input, STEP, all);
    if (!outcome.ok()) {
      throw new UserError(
          "`%s` ended with status %d in the guest: %s"
              .formatted(String.join(" ", all), outcome.status(), outcome.complaint()),
          "The user " + target.user() + " of the base must have `sudo` without a password.");
    }
  }
}
