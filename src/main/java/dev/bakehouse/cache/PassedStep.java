package dev.bakehouse.cache;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A job that passed and what it left.
///
/// @param version 1
/// @param by whose artifacts these are
/// @param files all of them
/// @param origin the job that made them, where this one took them over
public record PassedStep(int version, By by, List<File> files, @Nullable By origin) {
  static final int VERSION = 1;

  /// A job of a build.
  ///
  /// @param build id of the build
  /// @param number of the build
  /// @param job id of the job
  public record By(String build, int number, String commit, String job) {
    @Override
    public String toString() {
      return "build " + number + " (commit " + commit + ", job " + job + ")";
    }

    @SuppressWarnings("NullAway") // The wire may leave anything out.
    private boolean sound() {
      return build != null && job != null && commit != null;
    }
  }

  /// An artifact.
  ///
  /// @param size in bytes
  /// @param sha1 hexadecimal; what agents tell of an artifact
  public record File(String path, long size, String sha1) {
    @SuppressWarnings("NullAway") // The wire may leave anything out.
    private boolean sound() {
      return path != null && size >= 0 && sha1 != null;
    }
  }

  public PassedStep(By by, List<File> files, Optional<By> origin) {
    this(VERSION, by, files, origin.orElse(null));
  }

  /// The job whose command made the files.
  public By maker() {
    return origin == null ? by : origin;
  }

  @SuppressWarnings("NullAway") // The wire may leave anything out.
  boolean sound() {
    return version == VERSION
        && by != null
        && by.sound()
        && files != null
        && files.stream().allMatch(file -> file != null && file.sound())
        && (origin == null || origin.sound());
  }
}
