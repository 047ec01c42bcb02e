package dev.bakehouse.platform;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/// Why work on files failed, in words. The system's own exceptions only name the file in the most
/// usual cases.
public final class Reason {
  private Reason() {}

  public static String of(IOException e) {
    return switch (e) {
      case NoSuchFileException gone -> gone.getFile() + " is not there";
      case FileAlreadyExistsException there -> there.getFile() + " is something else";
      case AccessDeniedException denied -> "access to " + denied.getFile() + " is denied";
      case CharacterCodingException broken -> "it is no text in UTF-8";
      case FileSystemException known when known.getReason() == null ->
          known.getFile() + " can not be used so (" + known.getClass().getSimpleName() + ")";
      default -> String.valueOf(e.getMessage());
    };
  }
}
