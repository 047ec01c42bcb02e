package dev.bakehouse.image;

import java.io.PrintStream;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/// Lines for people, each with its time; and for programs that asked for them, events as lines of
/// JSON elsewhere.
public final class Log {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
  private static final String CLEAR_LINE = "\r\u001b[K";

  /// Without line wrap, what does not fit is left out: a line that had wrapped could not be
  /// cleared.
  private static final String NO_WRAP = "\u001b[?7l";

  private static final String WRAP = "\u001b[?7h";

  private final PrintStream out;
  private final boolean terminal;
  private final Optional<PrintStream> events;
  private boolean statusShown;

  public Log(PrintStream out) {
    this(out, false, Optional.empty());
  }

  /// @param terminal whether a line can be rewritten
  /// @param events where events go as JSON
  public Log(PrintStream out, boolean terminal, Optional<PrintStream> events) {
    this.out = out;
    this.terminal = terminal;
    this.events = events;
  }

  public synchronized void say(String line) {
    clear();
    out.println("[" + LocalDateTime.now(ZoneId.systemDefault()).format(TIME) + "] " + line);
  }

  /// How things stand: one line rewritten on a terminal, one line after the other elsewhere.
  synchronized void status(String line) {
    if (terminal) {
      out.print(CLEAR_LINE + NO_WRAP + line + WRAP);
      out.flush();
      statusShown = true;
    } else {
      say(line);
    }
  }

  synchronized void event(Map<String, Object> event) {
    events.ifPresent(
        to -> {
          to.println(new JsonMapper().writeValueAsString(event));
          to.flush();
        });
  }

  boolean terminal() {
    return terminal;
  }

  private void clear() {
    if (statusShown) {
      out.print(CLEAR_LINE);
      statusShown = false;
    }
  }
}
