package dev.bakehouse.job;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/// Passes the inner bootstrap's output on and times its parts by the headings the agent writes:
/// `~~~ Preparing working directory`, `~~~ Running commands`, `~~~ Uploading artifacts`
/// (buildkite-agent 3.78, internal/job). A job that prints such a line misleads its own timing and
/// nothing else.
final class Headings extends OutputStream {
  private static final int LONGEST = 200;

  private final OutputStream out;
  private final StringBuilder line = new StringBuilder();
  private final Map<Phase, Duration> times = new EnumMap<>(Phase.class);
  private Phase phase = Phase.CHECKOUT;
  private long since = System.nanoTime();

  Headings(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    for (int i = offset; i < offset + length; i++) {
      char c = (char) (bytes[i] & 0xff);
      if (c == '\n') {
        heading(line.toString());
        line.setLength(0);
      } else if (line.length() < LONGEST) {
        line.append(c);
      }
    }
    out.write(bytes, offset, length);
    out.flush();
  }

  /// Time in checkout, command and collect; the last part ends now.
  synchronized Map<Phase, Duration> finish() {
    enter(phase);
    return times;
  }

  private void heading(String text) {
    int at = text.indexOf("~~~ ");
    if (at < 0) {
      return;
    }
    String title = text.substring(at + 4).replaceAll("\u001b\\[[0-9;]*m", "").strip();
    if (title.startsWith("Running commands")
        || title.startsWith("Running script")
        || title.startsWith("Running batch")) {
      enter(Phase.COMMAND);
    } else if (title.startsWith("Uploading artifacts")) {
      enter(Phase.COLLECT);
    }
  }

  private void enter(Phase next) {
    long now = System.nanoTime();
    times.merge(phase, Duration.ofNanos(now - since), Duration::plus);
    since = now;
    phase = next;
  }
}
