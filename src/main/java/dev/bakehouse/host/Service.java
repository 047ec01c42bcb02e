package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Consumer;

/// Installs, restarts and removes the daemon as a service of this machine: launchd's on macOS,
/// systemd's elsewhere; of the whole system, or of one user.
public final class Service {
  private static final Duration STOP = Duration.ofHours(3);

  private final HostSettings host;
  private final boolean mac;
  private final boolean system;
  private final String user;
  private final Path home;
  private final Consumer<String> say;

  /// @param system of the whole machine; else of the user who runs this
  public Service(HostSettings host, boolean system, Consumer<String> say) {
    this(
        host,
        System.getProperty("os.name").startsWith("Mac"),
        system,
        System.getProperty("user.name"),
        Path.of(System.getProperty("user.home")),
        say);
  }

  Service(
      HostSettings host,
      boolean mac,
      boolean system,
      String user,
      Path home,
      Consumer<String> say) {
    this.host = host;
    this.mac = mac;
    this.system = system;
    this.user = user;
    this.home = home;
    this.say = say;
  }

  /// On macOS VMs want the session of a user who is logged in.
  public static boolean systemByDefault() {
    boolean mac = System.getProperty("os.name").startsWith("Mac");
    return !mac && System.getProperty("user.name").equals("root");
  }

  /// Where launchd or systemd looks for it.
  Path file() {
    if (mac) {
      String name = ServiceUnit.LABEL + ".plist";
      return system
          ? Path.of("/Library/LaunchDaemons", name)
          : home.resolve("Library/LaunchAgents").resolve(name);
    }
    return system
        ? Path.of("/etc/systemd/system", ServiceUnit.UNIT)
        : home.resolve(".config/systemd/user").resolve(ServiceUnit.UNIT);
  }

  ServiceUnit unit() {
    return new ServiceUnit(
        launcher(),
        host.file().toAbsolutePath().normalize(),
        host.state().resolve("host.env"),
        host.state().resolve("host.log"),
        system ? Optional.of(user) : Optional.empty());
  }

  /// Of an installation that is upgraded by a link, the link.
  private static Path launcher() {
    return Self.root().resolve("bakehouse");
  }

  String text() {
    return mac ? unit().launchd() : unit().systemd();
  }

  /// What has to be run, in this order, once the file is there.
  List<List<String>> starting() {
    if (mac) {
      return List.of(
          List.of("launchctl", "bootout", domain() + "/" + ServiceUnit.LABEL),
          List.of("launchctl", "bootstrap", domain(), file().toString()));
    }
    return List.of(systemctl("daemon-reload"), systemctl("enable", "--now", ServiceUnit.UNIT));
  }

  List<List<String>> stopping() {
    return mac
        ? List.of(List.of("launchctl", "bootout", domain() + "/" + ServiceUnit.LABEL))
        : List.of(systemctl("disable", "--now", ServiceUnit.UNIT));
  }

  private String domain() {
    return system ? "system" : "gui/" + uid();
  }

  private static String uid() {
    return Command.of("id", "-u").check().text();
  }

  private List<String> systemctl(String... words) {
    List<String> argv = new ArrayList<>(List.of("systemctl"));
    if (!system) {
      argv.add("--user");
    }
    argv.addAll(List.of(words));
    return argv;
  }

  /// Prints what [#install] would write and run.
  public void plan() {
    say.accept("# " + file() + " (mode 644)");
    say.accept(text());
    if (!Files.exists(unit().environment())) {
      say.accept("# " + unit().environment() + " (mode 600)");
      say.accept(environment());
    }
    starting().forEach(argv -> say.accept("# runs: " + String.join(" ", argv)));
  }

  /// Writes what is not there as it should be, and has the service started. A service that is as it
  /// should be is left alone.
  public void install() {
    Directories.makePrivate(host.state());
    if (!Files.exists(unit().environment())) {
      Directories.writePrivate(
          unit().environment(), environment().getBytes(StandardCharsets.UTF_8));
    }
    boolean runs = running();
    if (same() && runs) {
      say.accept(file() + " is there already, and the service runs");
      return;
    }
    write();
    say.accept("wrote " + file());
    for (List<String> argv : starting()) {
      // Where none is loaded there is none to unload.
      if (argv.contains("bootout")) {
        var _ = Command.of(argv).deadline(STOP).run();
        Poll.until(
            "launchd to let go of " + ServiceUnit.LABEL,
            STOP,
            () -> Optional.of(argv).filter(_ -> !running()));
      } else {
        run(argv);
      }
    }
    if (!mac && runs) {
      say.accept(
          "the service runs as it was started; `bakehouse host restart` puts the new file in force");
    }
    if (!mac && !system) {
      say.accept("to have it run without a log-in: sudo loginctl enable-linger " + user);
    }
  }

  /// Stops the service once its jobs have ended, and removes its file.
  public void uninstall() {
    stopping().forEach(argv -> report(argv, Command.of(argv).deadline(STOP).run()));
    try {
      if (Files.deleteIfExists(file())) {
        say.accept("removed " + file());
      }
    } catch (IOException e) {
      throw failed("remove", e);
    }
    if (!mac) {
      run(systemctl("daemon-reload"));
    }
    say.accept("left where they are: " + host.state() + " and what is in it");
  }

  /// Starts it again once its jobs have ended.
  public void restart() {
    if (!Files.exists(file())) {
      throw new UserError(
          "There is no service " + file(), "`bakehouse host install` makes it; see --system.");
    }
    run(
        mac
            ? List.of("launchctl", "kickstart", "-k", domain() + "/" + ServiceUnit.LABEL)
            : systemctl("restart", ServiceUnit.UNIT));
  }

  /// Whether such a service is installed.
  public boolean installed() {
    return Files.exists(file());
  }

  private boolean same() {
    try {
      return Files.readString(file()).equals(text());
    } catch (IOException e) {
      return false;
    }
  }

  private boolean running() {
    List<String> ask =
        mac
            ? List.of("launchctl", "print", domain() + "/" + ServiceUnit.LABEL)
            : systemctl("is-active", "--quiet", ServiceUnit.UNIT);
    return Command.of(ask).run().ok();
  }

  private void write() {
    Path draft = file().resolveSibling("." + file().getFileName() + ".new");
    try {
      Files.createDirectories(file().resolveSibling("."));
      Files.deleteIfExists(draft);
      Files.writeString(draft, text());
      Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(
          draft, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  /// What a service lacks of the environment of whoever installs it.
  private static String environment() {
    StringJoiner lines = new StringJoiner("\n", "", "\n");
    lines.add("# Read by the service of `bakehouse host run`. Mode 600: it may hold secrets.");
    for (String name : List.of("PATH", "JAVA_HOME", "LANG", "TART_HOME")) {
      String value = System.getenv().getOrDefault(name, "");
      if (value.matches("[A-Za-z0-9_./:@+, -]+")) {
        lines.add(name + "=\"" + value + "\"");
      }
    }
    return lines.toString();
  }

  private void run(List<String> argv) {
    Outcome outcome = Command.of(argv).deadline(STOP).run();
    if (!outcome.ok()) {
      throw new UserError(
          "`"
              + String.join(" ", argv)
              + "` ended with "
              + outcome.status()
              + ": "
              + outcome.complaint(),
          (system ? "Run this as root" : "Run this as the user the service is for, logged in")
              + "; what the service itself says is in "
              + unit().log()
              + (mac ? "." : " and told by `systemctl status " + ServiceUnit.UNIT + "`."));
    }
  }

  private void report(List<String> argv, Outcome outcome) {
    if (!outcome.ok()) {
      say.accept("`" + String.join(" ", argv) + "`: " + outcome.complaint());
    }
  }

  private UserError failed(String what, IOException e) {
    return new UserError(
        "Could not " + what + " " + file() + ": " + Reason.of(e),
        system ? "Run this as root." : "Check the owner of its directory.",
        e);
  }
}
