package dev.bakehouse.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The daemon as a service: what launchd or systemd is to know of it. No secret stands in it; what
/// the daemon needs in its environment lies in a file of mode 600.
///
/// @param program the launcher
/// @param config the host's configuration
/// @param environment file of `NAME="value"` lines
/// @param log both outputs are appended to it
/// @param user who it runs as; empty for a service of the user's own
record ServiceUnit(Path program, Path config, Path environment, Path log, Optional<String> user) {
  /// launchd's name for it.
  static final String LABEL = "dev.bakehouse.host";

  /// systemd's.
  static final String UNIT = "bakehouse-host.service";

  /// Seconds running jobs have to end when the service is stopped.
  private static final int STOP = 7200;

  private List<String> argv() {
    return List.of(program.toString(), "host", "run", "--finish", "--config", config.toString());
  }

  private Path directory() {
    return config.resolveSibling(".").normalize();
  }

  /// Only the daemon gets TERM: it lets its jobs end. Should it be killed instead, the guardians of
  /// its agents and VMs end them. A VM that the system kills for memory is not the service's end.
  String systemd() {
    return """
    [Unit]
    Description=Bakehouse host daemon
    Wants=network-online.target
    After=network-online.target
    StartLimitIntervalSec=0

    [Service]
    Type=exec
    ExecStart=%s
    WorkingDirectory=%s
    EnvironmentFile=-%s
    %sRestart=always
    RestartSec=5
    SuccessExitStatus=143
    KillMode=process
    TimeoutStopSec=%d
    OOMPolicy=continue
    UMask=0077
    StandardOutput=append:%s
    StandardError=append:%s

    [Install]
    WantedBy=%s
    """
        .formatted(
            commandLine(),
            percent(directory()),
            percent(environment),
            user.map(name -> "User=" + name + "\n").orElse(""),
            STOP,
            percent(log),
            percent(log),
            user.isPresent() ? "multi-user.target" : "default.target");
  }

  /// launchd has no file of variables, so a shell reads it and becomes the daemon.
  String launchd() {
    List<String> shell =
        List.of(
            "/bin/sh",
            "-c",
            "set -a; [ ! -r \"$1\" ] || . \"$1\"; set +a; shift; exec \"$@\"",
            "sh",
            environment.toString());
    String words =
        Stream.concat(shell.stream(), argv().stream())
            .map(word -> "    <string>" + xml(word) + "</string>\n")
            .collect(Collectors.joining());
    return """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <plist version="1.0">
    <dict>
      <key>Label</key>
      <string>%s</string>
      <key>ProgramArguments</key>
      <array>
    %s  </array>
      <key>WorkingDirectory</key>
      <string>%s</string>
    %s  <key>RunAtLoad</key>
      <true/>
      <key>KeepAlive</key>
      <true/>
      <key>ThrottleInterval</key>
      <integer>10</integer>
      <key>ExitTimeOut</key>
      <integer>%d</integer>
      <key>AbandonProcessGroup</key>
      <true/>
      <key>ProcessType</key>
      <string>Interactive</string>
      <key>Umask</key>
      <integer>63</integer>
      <key>StandardOutPath</key>
      <string>%s</string>
      <key>StandardErrorPath</key>
      <string>%s</string>
    </dict>
    </plist>
    """
        .formatted(
            LABEL,
            words,
            xml(directory().toString()),
            user.map(name -> key("UserName", name)).orElse(key("LimitLoadToSessionType", "Aqua")),
            STOP,
            xml(log.toString()),
            xml(log.toString()));
  }

  private static String key(String key, String value) {
    return "  <key>" + key + "</key>\n  <string>" + xml(value) + "</string>\n";
  }

  private static String xml(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /// Variables are put into all words but the first.
  private String commandLine() {
    return quoted(program.toString())
        + argv().stream()
            .skip(1)
            .map(word -> " " + quoted(word).replace("$", "$$"))
            .collect(Collectors.joining());
  }

  /// systemd takes `%` for a specifier everywhere, and reads a command line with quotes.
  private static String percent(Path path) {
    return path.toString().replace("%", "%%");
  }

  private static String quoted(String word) {
    String plain = word.replace("%", "%%").replace("\\", "\\\\").replace("\"", "\\\"");
    return plain.matches("[A-Za-z0-9_./:=@%+,-]+") ? plain : '"' + plain + '"';
  }
}
