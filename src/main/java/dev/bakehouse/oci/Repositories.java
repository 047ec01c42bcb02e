package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Opens the repository a reference lies in.
///
/// @param plainHttp whether registries are spoken to without TLS
/// @param staging a directory for compressed slices on their way up; made when needed
/// @param registries what is configured for each host
/// @param health of the mirrors
public record Repositories(
    Credentials credentials,
    boolean plainHttp,
    Path staging,
    Registries registries,
    MirrorHealth health) {

  /// Without anything configured.
  public Repositories(Credentials credentials, boolean plainHttp, Path staging) {
    this(credentials, plainHttp, staging, Registries.NONE, new MirrorHealth(_ -> {}));
  }

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
        yield open(remote);
      }
    };
  }

  private Repository open(Reference.Remote remote) {
    RemoteRepository origin =
        new RemoteRepository(
            remote,
            credentials,
            plainHttp,
            staging,
            RegistryPatience.USUAL,
            registries.chunk(remote.host()));
    List<MirroredRepository.Source> mirrors =
        registries.mirrors(remote.host()).stream().map(mirror -> source(mirror, remote)).toList();
    return mirrors.isEmpty() ? origin : new MirroredRepository(origin, mirrors, health);
  }

  private MirroredRepository.Source source(Mirror mirror, Reference.Remote remote) {
    RemoteRepository copy =
        new RemoteRepository(
            mirror.of(remote),
            credentials.boundToHosts(),
            plainHttp || mirror.plainHttp(),
            staging,
            RegistryPatience.SHORT,
            0);
    return new MirroredRepository.Source(mirror, copy);
  }

  /// Whether a push would have something to show to the registry. A layout needs nothing.
  public boolean hasCredentials(Reference reference) {
    return switch (reference) {
      case Reference.Layout _ -> true;
      case Reference.Remote remote -> credentials.find(remote.host()).isPresent();
    };
  }
}
