package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The product's version a checkout stands for, and where it was found.
///
/// @param text fit for a tag: other characters became `-`
/// @param source `CMakeLists.txt`, `package.json`, `git tag` or `git commit`
public record Version(String text, String source) {
  private static final Pattern CMAKE =
      Pattern.compile("^[^#\\n]*\\bset\\s*\\(\\s*Bun_VERSION\\s+\"([^\"]+)\"", Pattern.MULTILINE);

  /// Images' names and tags have it in them.
  private static final int LONGEST = 60;

  public Version {
    text = text.replaceAll("[^A-Za-z0-9._-]", "-").replaceAll("^[.-]+", "");
    text = text.substring(0, Math.min(text.length(), LONGEST));
  }

  /// @throws UserError when nothing tells a version
  public static Version of(Checkout checkout) {
    return find(checkout)
        .orElseThrow(
            () ->
                new UserError(
                    "Could not tell the version of " + checkout.root(),
                    "Write set(Bun_VERSION \"…\") in CMakeLists.txt or `version` in package.json, or commit."));
  }

  static Optional<Version> find(Checkout checkout) {
    return read(checkout.root().resolve("CMakeLists.txt"))
        .flatMap(Version::cmake)
        .filter(version -> !version.text().isEmpty())
        .or(() -> read(checkout.root().resolve("package.json")).flatMap(Version::packageJson))
        .filter(version -> !version.text().isEmpty())
        .or(
            () ->
                checkout
                    .git("describe", "--tags", "--abbrev=0")
                    .map(tag -> new Version(tag.replaceFirst("^(bun-)?v(?=\\d)", ""), "git tag")))
        .or(
            () ->
                checkout
                    .git("rev-parse", "--short=12", "HEAD")
                    .map(c -> new Version(c, "git commit")));
  }

  private static Optional<Version> cmake(String text) {
    Matcher matcher = CMAKE.matcher(text);
    return matcher.find()
        ? Optional.of(new Version(matcher.group(1), "CMakeLists.txt"))
        : Optional.empty();
  }

  private static Optional<Version> packageJson(String text) {
    try {
      String version = new JsonMapper().readTree(text).path("version").asString("");
      return version.isEmpty()
          ? Optional.empty()
          : Optional.of(new Version(version, "package.json"));
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> read(Path file) {
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          ? Optional.of(Files.readString(file))
          : Optional.empty();
    } catch (IOException e) {
      throw new UserError("Could not read " + file + ": " + e.getMessage(), "Check its mode.", e);
    }
  }
}
