package dev.bakehouse.image;

import java.util.ArrayList;
import java.util.List;

/// What a terminal of some columns shows of the bytes it is sent, of which it knows carriage
/// return, line feed, clearing to the end of a line, and line wrap on and off.
final class Screen {
  private final int columns;
  private final List<StringBuilder> rows = new ArrayList<>(List.of(new StringBuilder()));
  private final List<String> cleared = new ArrayList<>();
  private int column;
  private boolean wrap = true;

  Screen(int columns, String bytes) {
    this.columns = columns;
    for (int i = 0; i < bytes.length(); i++) {
      if (bytes.charAt(i) == '\u001b') {
        int end = i + 2;
        while (!Character.isLetter(bytes.charAt(end))) {
          end++;
        }
        control(bytes.substring(i + 1, end + 1));
        i = end;
      } else {
        show(bytes.charAt(i));
      }
    }
  }

  /// Rows that can be read now.
  List<String> rows() {
    return rows.stream().map(StringBuilder::toString).toList();
  }

  /// Rows that could be read for a while.
  List<String> cleared() {
    return cleared;
  }

  private void control(String sequence) {
    switch (sequence) {
      case "[K" -> {
        cleared.add(rows.getLast().toString());
        rows.getLast().setLength(column);
      }
      case "[?7l" -> wrap = false;
      case "[?7h" -> wrap = true;
      default -> throw new IllegalArgumentException("no such terminal: " + sequence);
    }
  }

  private void show(char c) {
    if (c == '\r') {
      column = 0;
    } else if (c == '\n') {
      rows.add(new StringBuilder(" ".repeat(column)));
    } else {
      if (column == columns) {
        if (wrap) {
          rows.add(new StringBuilder());
          column = 0;
        } else {
          column--;
        }
      }
      StringBuilder row = rows.getLast();
      if (column < row.length()) {
        row.setCharAt(column, c);
      } else {
        row.append(c);
      }
      column++;
    }
  }
}
