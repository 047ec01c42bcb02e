package dev.bakehouse.host;

import dev.bakehouse.job.HostSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/// Whether the host's configuration can be read: each job does when it begins, and fails for the
/// machinery where it can not.
final class ConfigCheck {
  private final Path file;
  private String last = "";
  private String looked = "";
  private Optional<String> trouble = Optional.empty();

  /// @param file could be read when the daemon began
  ConfigCheck(Path file) {
    this.file = file;
  }

  /// What is wrong with the file. It is read where it has changed, and is the same at two looks: an
  /// editor may be writing it. One thread asks, now and then.
  Optional<String> trouble() {
    String stamp = stamp();
    if (!stamp.equals(looked) && stamp.equals(last)) {
      trouble = read();
      looked = stamp;
    }
    last = stamp;
    return trouble;
  }

  private Optional<String> read() {
    try {
      HostSettings _ = HostSettings.read(file);
      return Optional.empty();
    } catch (RuntimeException e) {
      return Optional.of("its configuration can not be used: " + e.getMessage());
    }
  }

  private String stamp() {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return now.size() + " " + now.lastModifiedTime() + " " + now.fileKey();
    } catch (IOException e) {
      return "gone";
    }
  }
}
