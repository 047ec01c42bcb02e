package dev.bakehouse.job;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.Ended;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.OlderGuest;
import dev.bakehouse.guest.RunResult;
import dev.bakehouse.guest.RunSpec;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// What Bakehouse itself does in a guest around the job's own command.
final class OwnCommands {
  private static final Duration LONGEST = Duration.ofMinutes(30);
  private static final Duration LONGEST_CALL = Duration.ofMinutes(10);

  /// Bytes kept of what perl says.
  private static final int SAID = 1 << 18;

  /// Runs the code and takes the arguments that come on standard input.
  static final String OF_INPUT =
      """
      binmode STDIN;
      (my $code, @ARGV) = unpack '(N/a*)*', do { local $/; <STDIN> };
      open STDIN, '<', '/dev/null';
      eval "package sent; $code\n;1" or die $@;
      """;

  private final Ssh ssh;
  private final Control control;
  private final GuestSystem system;
  private final AtomicLong runs = new AtomicLong();

  OwnCommands(Ssh ssh, Control control, GuestSystem system) {
    this.ssh = ssh;
    this.control = control;
    this.system = system;
  }

  /// Runs a command.
  ///
  /// @param more variables beside the path, byte strings
  /// @throws IOException when it did not end with status 0
  void run(List<String> argv, Map<String, String> more, InputStream in, OutputStream out)
      throws IOException {
    run(argv, more, in, out, LONGEST);
  }

  /// @param most how long it may take
  void run(
      List<String> argv, Map<String, String> more, InputStream in, OutputStream out, Duration most)
      throws IOException {
    Map<String, String> env = new LinkedHashMap<>(more);
    env.put("PATH", system.path());
    env.put("LC_ALL", "C");
    Beginning complaint = new Beginning();
    String id = "own-" + runs.incrementAndGet();
    RunSpec spec =
        RunSpec.of(id, "/", argv.toArray(String[]::new))
            .env(
                env.entrySet().stream()
                    .map(e -> RawEnvironment.bytes(e.getKey() + "=" + e.getValue()))
                    .toList())
            .apart()
            .withInput();
    RunResult result = ssh.run(spec, in, out, complaint, control, most);
    boolean fine = result instanceof RunResult.Finished(Ended ended) && ended.status() == 0;
    if (!fine) {
      throw new IOException(
          argv.getFirst() + " in the guest: " + result + " " + complaint.text().strip());
    }
  }

  /// As [#perl(String, String, List)] in a guest that is not connected yet.
  ///
  /// @throws OlderGuest when it has no such way
  static String perl(
      Control control, GuestSystem system, String user, String code, List<String> args)
      throws IOException {
    try {
      String said = control.perl(user, system.path(), code, args, LONGEST_CALL);
      return said.substring(0, Math.min(said.length(), SAID));
    } catch (OlderGuest e) {
      throw e;
    } catch (UserError e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /// Runs perl code by the control channel: no connection and no program is started for it, which
  /// in a young guest takes longer than most of what is to be done.
  ///
  /// @param user root, or whom jobs run as
  /// @return the beginning of what it prints
  /// @throws IOException when it died
  String perl(String user, String code, List<String> args) throws IOException {
    try {
      return perl(control, system, user, code, args);
    } catch (OlderGuest e) {
      // Below. No argument is as long as some of these.
    }
    List<String> argv = new ArrayList<>(List.of("perl", "-e", OF_INPUT));
    if (user.equals("root")) {
      argv.addAll(0, List.of("sudo", "-n"));
    }
    Beginning out = new Beginning(SAID);
    run(argv, Map.of(), new ByteArrayInputStream(input(code, args)), out);
    return out.text();
  }

  /// What [#OF_INPUT] reads.
  static byte[] input(String code, List<String> args) {
    ByteArrayOutputStream words = new ByteArrayOutputStream();
    for (String word : Stream.concat(Stream.of(code), args.stream()).toList()) {
      byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
      words.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
      words.writeBytes(bytes);
    }
    return words.toByteArray();
  }
}
