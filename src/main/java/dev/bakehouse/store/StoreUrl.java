package dev.bakehouse.store;

import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// Stores by URL, as `--store` and `cache.store` name them.
public final class StoreUrl {
  private StoreUrl() {}

  /// @param url `dir:PATH`; a relative path starts at `base`
  /// @throws UserError when the URL is not understood, or names a kind that is not there yet
  public static BlobStore open(String url, Path base) {
    if (url.startsWith("dir:")) {
      return directory(url, base);
    }
    if (url.startsWith("s3:") || url.startsWith("buildkite:")) {
      throw new UserError(
          "The store `" + withoutSecrets(url) + "` can not be used: this kind comes later",
          "Use a directory, local or NFS: dir:PATH.");
    }
    throw new UserError(
        "The store `" + withoutSecrets(url) + "` is not understood",
        "Write dir:PATH, s3://BUCKET/PREFIX or buildkite:.");
  }

  private static BlobStore directory(String url, Path base) {
    String path = url.substring("dir:".length());
    if (path.isBlank()) {
      throw new UserError("The store `" + url + "` names no directory", "Write dir:PATH.");
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
    return url.replaceFirst("//[^/]*@", "//…@").replaceFirst("\\?.*", "?…");
  }
}
