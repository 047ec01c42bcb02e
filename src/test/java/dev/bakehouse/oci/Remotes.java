package dev.bakehouse.oci;

import dev.bakehouse.platform.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Repositories for tests: of loopback hosts, with little patience.
final class Remotes {
  static final RegistryPatience HASTY =
      new RegistryPatience(
          new Patience(4, Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(20)),
          Duration.ofSeconds(5),
          Duration.ofMillis(400),
          Duration.ofSeconds(5));

  private Remotes() {}

  static RemoteRepository anonymous(String host, String repository, Path staging) {
    return new RemoteRepository(reference(host, repository), none(), true, staging, HASTY, 0);
  }

  static RemoteRepository as(
      String user, String password, String host, String repository, Path staging) {
    return new RemoteRepository(
        reference(host, repository), login(user, password), true, staging, HASTY, 0);
  }

  static RemoteRepository chunked(long chunk, String host, String repository, Path staging) {
    return new RemoteRepository(reference(host, repository), none(), true, staging, HASTY, chunk);
  }

  static Reference.Remote reference(String host, String repository) {
    return new Reference.Remote(host, repository, "latest");
  }

  static Credentials none() {
    return environment(Map.of());
  }

  static Credentials login(String user, String password) {
    return environment(Map.of("TART_REGISTRY_USERNAME", user, "TART_REGISTRY_PASSWORD", password));
  }

  private static Credentials environment(Map<String, String> environment) {
    Path absent = Path.of("/nonexistent");
    return new Credentials(environment, absent, absent, absent, List.of());
  }

  static byte[] noise(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  /// Writes bytes as a blob.
  static Digest put(Repository to, byte[] bytes) throws IOException {
    Path file = Files.createTempFile(to.staging(), "blob", "");
    Files.write(file, bytes);
    to.writeBlob(Digest.of(bytes), file);
    Files.deleteIfExists(file);
    return Digest.of(bytes);
  }
}
