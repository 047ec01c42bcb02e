package dev.bakehouse.store;

import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// Stores by URL, as `--store` and `cache.store` name them.
public final class StoreUrl {
  private static final String FORMS =
      "Write buildkite:, dir:PATH, or s3://BUCKET/PREFIX?endpoint=URL&region=R.";

  private StoreUrl() {}

  /// @param url `dir:PATH`, `s3://BUCKET/PREFIX?endpoint=URL&region=R` or `buildkite:`
  /// @throws UserError when the URL is not understood; secrets in it are not shown
  public static BlobStore open(String url, StoreSettings settings) {
    if (url.startsWith("dir:")) {
      return directory(url, settings.base());
    }
    if (url.startsWith("s3://")) {
      return S3Classes.open(url, settings.s3Credentials());
    }
    if (url.equals("buildkite:")) {
      return settings.artifacts().get();
    }
    throw new UserError("The store `" + withoutSecrets(url) + "` is not understood", FORMS);
  }

  private static BlobStore directory(String url, Path base) {
    String path = url.substring("dir:".length());
    if (path.isBlank()) {
      throw new UserError("The store `" + url + "` names no directory", "Write dir:PATH.");
    }
    if (path.startsWith("~")) {
      throw new UserError(
          "The store `" + url + "` begins with `~`, which only a shell knows",
          "Write the whole path, or dir:./~ for a directory of that name.");
    }
    try {
      Path root = base.resolve(path);
      if (Files.exists(root) && !Files.isDirectory(root)) {
        throw new UserError(
            "The store `" + url + "` is not a directory", "Name a directory, or a path not there.");
      }
      return new DirectoryStore(root);
    } catch (InvalidPathException e) {
      throw new UserError(
          "The store `" + url + "` is not a path: " + e.getReason(), "Write dir:PATH.", e);
    }
  }

  /// A URL may carry credentials before `@` and after `?`.
  private static String withoutSecrets(String url) {
    return url.replaceFirst("(?s)^(\\w+:/+)?.*@", "$1…@").replaceFirst("(?s)\\?.*", "?…");
  }
}
