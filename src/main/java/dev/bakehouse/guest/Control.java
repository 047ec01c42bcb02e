package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.InputStream;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The control protocol's client: identity, exact results, signals, evidence.
///
/// Works over any pair of streams to `guest.pl serve`; calls may come from many threads. Every call
/// has a deadline and throws [ControlLost] when the channel breaks or the deadline passes, and
/// [UserError] when the guest refuses.
public final class Control implements AutoCloseable {
  private static final Duration SHORT = Duration.ofSeconds(20);
  private static final Duration HELLO_AGAIN = Duration.ofMillis(250);
  private static final int ENTROPY = 64;

  private final Exchange exchange;

  public Control(InputStream in, OutputStream out) {
    this.exchange = new Exchange(in, out);
  }

  /// Asks until the guest answers: a booting guest takes a while to open its end.
  public Hello hello(Duration deadline) {
    List<byte[]> answer = exchange.callUntilAnswered("hello", deadline, HELLO_AGAIN);
    return new Hello(
        Integer.parseInt(text(answer, 0)),
        text(answer, 1),
        text(answer, 2).equals("1"),
        text(answer, 3));
  }

  /// Gives the guest fresh entropy, then clock, names, SSH keys; port 22 listens when this returns.
  public void identify(Identity id, Duration deadline) {
    byte[] entropy = new byte[ENTROPY];
    new SecureRandom().nextBytes(entropy);
    Instant now = Instant.now();
    List<byte[]> args = new ArrayList<>();
    args.add(bytes("entropy"));
    args.add(entropy);
    pair(args, "seconds", Long.toString(now.getEpochSecond()));
    pair(args, "nanos", Integer.toString(now.getNano()));
    pair(args, "hostname", id.hostname());
    pair(args, "hosts", id.hosts());
    pair(args, "machine-id", id.machineId());
    pair(args, "user", id.user());
    pair(args, "authorized-key", id.authorizedKey());
    pair(args, "host-key", id.hostKey().privatePem());
    pair(args, "host-key-public", id.hostKey().publicLine());
    exchange.call("identify", args, deadline);
  }

  public RunState status(String runId) {
    return state(exchange.call("status", List.of(bytes(runId)), SHORT));
  }

  /// Waits until a run is over; also for one that has not started yet.
  public Ended await(String runId, Duration deadline) {
    return switch (state(exchange.call("await", List.of(bytes(runId)), deadline))) {
      case RunState.Over(Ended ended) -> ended;
      case RunState.Running _, RunState.Unknown _ -> new Ended.Lost();
    };
  }

  /// Sends a signal to everything a run started: its session, its process group, all descendants.
  ///
  /// @param signal its name without SIG, for example `TERM`
  /// @return how many processes got it
  public int signal(String runId, String signal) {
    List<byte[]> args = List.of(bytes(runId), bytes(signal));
    return Integer.parseInt(text(exchange.call("signal", args, SHORT), 0));
  }

  /// Writes a file in the guest, whole or not at all.
  ///
  /// @param mode octal, for example 0644
  /// @param owner a user of the guest
  public void write(String path, int mode, String owner, byte[] content) {
    String octal = String.format(Locale.ROOT, "%04o", mode);
    List<byte[]> args = List.of(bytes(path), bytes(octal), bytes(owner), content);
    exchange.call("write", args, SHORT);
  }

  /// Tells the guest where to ask for names.
  ///
  /// @param address empty for nowhere
  public void resolve(String address) {
    String lines = address.isEmpty() ? "" : "nameserver " + address + "\n";
    write("/etc/resolv.conf", 0644, "root", bytes(lines));
  }

  /// Has the guest read programs, and the libraries they need, into its memory.
  ///
  /// @param programs absolute paths; `*` stands for any name; those that are missing are left out
  /// @return bytes read
  public long warm(List<String> programs, Duration deadline) {
    List<byte[]> args = programs.stream().map(Control::bytes).toList();
    return Long.parseLong(text(exchange.call("warm", args, deadline), 0));
  }

  /// Has the guest compile code that will come with [#perl], so that none of its heirs takes the
  /// time. What subs of the code share with it must be `our`.
  ///
  /// @throws UserError when some is no perl
  /// @throws OlderGuest when the guest's program is older than this call
  public void learn(List<String> codes, Duration deadline) {
    exchange.call("learn", codes.stream().map(Control::bytes).toList(), deadline);
  }

  /// Runs perl code in a process of its own, a fork of the one that answers here: nothing is
  /// started for it. Programs that it runs find no input, and their output is lost.
  ///
  /// @param user whom it runs as
  /// @param path its search path; with `LC_ALL`, all of its environment
  /// @return what it printed
  /// @throws UserError when it died
  /// @throws OlderGuest when the guest's program is older than this call
  public String perl(String user, String path, String code, List<String> args, Duration deadline) {
    List<byte[]> all = new ArrayList<>();
    for (String word : List.of(user, path, code)) {
      all.add(bytes(word));
    }
    args.forEach(arg -> all.add(bytes(arg)));
    return text(exchange.call("perl", all, deadline), 0);
  }

  /// The guest's clock, in whole seconds.
  public Instant time() {
    List<byte[]> answer = exchange.call("time", List.of(), SHORT);
    return Instant.ofEpochSecond(Long.parseLong(text(answer, 0)));
  }

  /// One round trip; the bytes come back as they went.
  public byte[] ping(byte[] payload, Duration deadline) {
    return exchange.call("ping", List.of(payload), deadline).getFirst();
  }

  /// Begins an orderly shutdown and returns.
  public void powerOff() {
    exchange.call("poweroff", List.of(), SHORT);
  }

  @Override
  public void close() {
    exchange.close();
  }

  private static RunState state(List<byte[]> answer) {
    String rest = answer.size() > 1 ? text(answer, 1).strip() : "";
    return switch (text(answer, 0)) {
      case "none" -> new RunState.Unknown();
      case "running" -> new RunState.Running(Long.parseLong(rest));
      case "exit" -> new RunState.Over(new Ended.Exited(Integer.parseInt(rest)));
      case "signal" -> new RunState.Over(new Ended.Signalled(Integer.parseInt(rest)));
      case "failed" -> new RunState.Over(new Ended.Failed(rest));
      default -> new RunState.Over(new Ended.Lost());
    };
  }

  private static void pair(List<byte[]> args, String key, String value) {
    args.add(bytes(key));
    args.add(bytes(value));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(List<byte[]> fields, int index) {
    if (index >= fields.size()) {
      throw new ControlLost("reading an answer", "it has only " + fields.size() + " values");
    }
    byte[] raw = fields.get(index);
    String text = new String(raw, UTF_8);
    return text.indexOf('\ufffd') < 0 ? text : new String(raw, ISO_8859_1);
  }
}
