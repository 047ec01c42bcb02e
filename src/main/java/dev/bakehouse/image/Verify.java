package dev.bakehouse.image;

import java.io.IOException;

/// Reads an image again and compares it with what it was when it came in.
public final class Verify {
  private Verify() {}

  /// @param ok whether every byte is as it was
  public record Finding(String name, boolean ok, String expected, String found) {}

  public static Finding of(LocalImage image) {
    try {
      String found = Content.of(image.directory());
      return new Finding(image.name(), found.equals(image.content()), image.content(), found);
    } catch (IOException e) {
      throw Trees.failed("verify the image " + image.name(), e);
    }
  }
}
