package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Opens the repository a reference lies in.
///
/// @param plainHttp whether registries are spoken to without TLS
/// @param staging a directory for compressed slices on their way up; made when needed
public record Repositories(Credentials credentials, boolean plainHttp, Path staging) {
  public Repository open(Reference reference) {
    return switch (reference) {
      case Reference.Layout layout -> new LayoutRepository(layout.directory());
      case Reference.Remote remote -> {
        try {
          Files.createDirectories(staging);
        } catch (IOException e) {
          throw new UserError(
              "Could not make the directory " + staging + ": " + e.getMessage(),
              "Check the state directory's owner and mode.",
              e);
        }
        yield new RemoteRepository(remote, credentials, plainHttp, staging);
      }
    };
  }

  /// Whether a push would have something to show to the registry. A layout needs nothing.
  public boolean hasCredentials(Reference reference) {
    return switch (reference) {
      case Reference.Layout _ -> true;
      case Reference.Remote remote -> credentials.find(remote.host()).isPresent();
    };
  }
}
