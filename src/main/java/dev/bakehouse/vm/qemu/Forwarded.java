package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.UserError;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The port of the host's loopback that QEMU has chosen for the guest's sshd.
final class Forwarded {
  private static final Pattern LINE =
      Pattern.compile("HOST_FORWARD\\]\\s+\\d+\\s+127\\.0\\.0\\.1\\s+(\\d+)\\s+\\S+\\s+22\\b");

  private Forwarded() {}

  static int port(Qmp qmp, String vm) {
    String text =
        qmp.execute("human-monitor-command", Map.of("command-line", "info usernet")).asString();
    Matcher forward = LINE.matcher(text);
    if (!forward.find()) {
      throw new UserError(
          "QEMU forwards no port to " + vm + ": " + text.strip(), "Use QEMU 6 or later.");
    }
    return Integer.parseInt(forward.group(1));
  }
}
