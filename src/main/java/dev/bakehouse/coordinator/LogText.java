package dev.bakehouse.coordinator;

import java.io.ByteArrayOutputStream;

/// Takes the agent's time marks (`ESC _bk;t=… BEL`) out of a log, however it is cut into parts.
public final class LogText {
  private static final int ESC = 0x1b;
  private static final int BEL = 0x07;

  private boolean escape;
  private boolean mark;

  /// The part without marks; a mark that is not complete stays out too.
  public byte[] filter(byte[] part) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(part.length);
    for (byte b : part) {
      if (mark) {
        mark = b != BEL;
      } else if (escape) {
        escape = false;
        mark = b == '_';
        if (!mark) {
          out.write(ESC);
          out.write(b);
        }
      } else if (b == ESC) {
        escape = true;
      } else {
        out.write(b);
      }
    }
    return out.toByteArray();
  }
}
