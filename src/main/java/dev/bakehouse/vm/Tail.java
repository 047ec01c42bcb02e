package dev.bakehouse.vm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// The end of a log, for an error message.
public final class Tail {
  private static final int MOST = 1500;

  private Tail() {}

  /// The last lines of a file, without control characters; says so when there are none.
  public static String of(Path log) {
    try {
      String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
      String plain =
          text.replaceAll("\\x1b\\[[0-9;?]*[A-Za-z]", "").replaceAll("[\\p{Cntrl}&&[^\n]]", "");
      String end = plain.strip();
      if (!end.isEmpty()) {
        return end.length() <= MOST ? end : "…" + end.substring(end.length() - MOST);
      }
    } catch (IOException e) {
      // As good as empty.
    }
    return "(" + log.getFileName() + " is empty)";
  }
}
