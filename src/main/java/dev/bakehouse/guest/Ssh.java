package dev.bakehouse.guest;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// One connection to a guest by the system's OpenSSH client; every command and copy shares it.
///
/// The client runs in a session of its own (the terminal's signals do not reach it) and ends with
/// this process.
public final class Ssh implements AutoCloseable {
  private static final int LONGEST_SOCKET = 80;
  private static final Duration FORWARD = Duration.ofSeconds(30);
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./=:@%+,-]+");

  private final SshTarget target;
  private final SshSocket socket;
  private final Optional<SshMaster> master;

  private Ssh(SshTarget target, SshSocket socket, Optional<SshMaster> master) {
    this.target = target;
    this.socket = socket;
    this.master = master;
  }

  /// Connects, trying again while the guest refuses or resets: its sshd may just be starting.
  ///
  /// @param dir of this connection alone: its known hosts
  /// @throws UserError when the deadline passes, the host key is not the pinned one, or the key is
  ///   refused
  public static Ssh open(SshTarget target, List<Forward> reverse, Path dir, Duration deadline) {
    return open(target, reverse, dir, deadline, Optional.empty());
  }

  /// The same for a VM that another process may take over.
  ///
  /// @param heir the VM's FIFO, as in [dev.bakehouse.platform.Guardian#heir]
  public static Ssh open(
      SshTarget target, List<Forward> reverse, Path dir, Duration deadline, Optional<Path> heir) {
    return open(
        target,
        dir,
        deadline,
        (known, socket, left) -> {
          Files.writeString(known, SshOptions.known(target.hostKey()));
          return SshMaster.start(
              SshOptions.master(target, known, socket, reverse, left),
              Map.of(),
              heir.map(Path::toString).orElse(""));
        });
  }

  /// Logs in by password, to a base image that knows no key yet. The password never stands in an
  /// argument list or a file; the host key is taken as it comes, and the target's key is not used.
  public static Ssh openWithPassword(
      SshTarget target, String password, Path dir, Duration deadline) {
    return open(
        target,
        dir,
        deadline,
        (known, socket, left) ->
            SshMaster.start(
                SshOptions.firstContact(target, known, socket, left),
                AskPass.environment(dir, password),
                ""));
  }

  /// The connection of a VM that this process has taken over.
  ///
  /// @param socket the other process's [#socket]
  public static Ssh takeOver(SshTarget target, Path socket) {
    return new Ssh(target, SshSocket.at(socket), Optional.empty());
  }

  /// Where its commands find the connection.
  public Path socket() {
    return socket.path();
  }

  /// More ports of the host's loopback that the guest reaches on its own.
  ///
  /// @throws UserError when the guest can not listen there
  public void forward(List<Forward> reverse) {
    if (!reverse.isEmpty()) {
      Command.of(SshOptions.forward(target, socket.path(), reverse)).deadline(FORWARD).check();
    }
  }

  /// Leaves the connection to whoever has taken the VM over.
  public void letGo() {
    master.ifPresent(SshMaster::letGo);
  }

  private interface Client {
    SshMaster start(Path known, Path socket, Duration left) throws IOException;
  }

  private static Ssh open(SshTarget target, Path dir, Duration deadline, Client client) {
    SshSocket socket;
    Path known = dir.resolve("known_hosts");
    try {
      Files.createDirectories(dir);
      socket = SshSocket.in(dir, LONGEST_SOCKET);
    } catch (IOException e) {
      throw new UserError(
          "Could not prepare the SSH connection in " + dir + ": " + e,
          "Check that the directory can be written.",
          e);
    }
    try {
      return connect(target, known, socket, deadline, client);
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static Ssh connect(
      SshTarget target, Path known, SshSocket socket, Duration deadline, Client client) {
    long end = System.nanoTime() + deadline.toNanos();
    return Poll.until(
        "SSH to " + target.host() + ":" + target.port(),
        deadline,
        () -> {
          Duration left = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
          SshMaster master = client.start(known, socket.path(), left);
          Optional<String> complaint = master.awaitReady(left);
          if (complaint.isEmpty()) {
            return Optional.of(new Ssh(target, socket, Optional.of(master)));
          }
          refused(target, complaint.get());
          throw new IOException(complaint.get());
        });
  }

  private static void refused(SshTarget target, String complaint) {
    for (String sign :
        List.of("verification failed", "Permission denied", "remote port forwarding failed")) {
      if (complaint.contains(sign)) {
        throw new Poll.Fatal(
            "SSH to "
                + target.user()
                + "@"
                + target.host()
                + ":"
                + target.port()
                + " failed: "
                + complaint,
            "The guest is not the one that was identified, or its keys differ; start a new one.");
      }
    }
  }

  /// Runs one command in the guest and streams its output as it comes.
  ///
  /// How it ended is the control channel's word alone. At the deadline, and when this thread is
  /// interrupted, the command goes on in the guest: end it with [Control#signal].
  ///
  /// @param out gets standard output (both outputs when merged), unbuffered
  /// @param err gets standard error unless merged
  public RunResult run(
      RunSpec spec, OutputStream out, OutputStream err, Control control, Duration deadline) {
    return run(spec, InputStream.nullInputStream(), out, err, control, deadline);
  }

  /// The same with input, for a spec made by [RunSpec#withInput].
  public RunResult run(
      RunSpec spec,
      InputStream input,
      OutputStream out,
      OutputStream err,
      Control control,
      Duration deadline) {
    try (SshSession session = prepare()) {
      return session.run(spec, input, out, err, control, deadline);
    }
  }

  /// Starts the session of a command that is not known yet.
  public SshSession prepare() {
    return new SshSession(OwnSession.start(session("perl " + target.program() + " run")));
  }

  /// A control channel over this connection, for a guest whose own port is not to be had, or is
  /// another's. Its guest end runs as root.
  public Control control() {
    Process process = OwnSession.start(session("sudo -n perl " + target.program() + " serve -"));
    return new Control(process.getInputStream(), process.getOutputStream());
  }

  /// An argument list for a person's terminal: a connection of its own, the same key and pinned
  /// host key.
  ///
  /// @param dir gets the known hosts
  /// @param command for the guest's shell; none for a log-in
  public static List<String> terminal(SshTarget target, Path dir, List<String> command) {
    Path known = dir.resolve("known_hosts");
    try {
      Files.writeString(known, SshOptions.known(target.hostKey()));
    } catch (IOException e) {
      throw new UserError("Could not write " + known + ": " + e, "Check its directory.", e);
    }
    return SshOptions.terminal(target, known.toAbsolutePath(), command);
  }

  /// An argument list for a person's terminal, on this connection.
  ///
  /// @param command for the guest's shell
  public List<String> shell(String command) {
    return SshOptions.shell(target, socket.path(), command);
  }

  /// Runs a fixed command of a guest that has no guest program yet, by its shell.
  ///
  /// @param words plain words only; anything a shell could take for more is refused
  public Outcome exec(byte[] input, Duration deadline, String... words) {
    for (String word : words) {
      if (!PLAIN.matcher(word).matches()) {
        throw new IllegalArgumentException("not a plain word for a guest's shell: " + word);
      }
    }
    return Command.of(session(String.join(" ", words))).input(input).deadline(deadline).run();
  }

  private List<String> session(String command) {
    return SshOptions.session(target, socket.path(), command);
  }

  /// Ends the connection and every session on it.
  @Override
  public void close() {
    master.ifPresentOrElse(
        SshMaster::close, () -> Command.of(SshOptions.ask(target, socket.path(), "exit")).run());
    socket.close();
  }
}
