package dev.bakehouse.image;

import java.io.PrintStream;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/// Lines for people, each with its time.
public final class Log {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  private final PrintStream out;

  public Log(PrintStream out) {
    this.out = out;
  }

  public void say(String line) {
    out.println("[" + LocalDateTime.now(ZoneId.systemDefault()).format(TIME) + "] " + line);
  }
}
