package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a host's environment does not hand to its jobs is told, not lost in silence.
class HostEnvironmentTest {
  private static final Map<String, String> KEYS =
      Map.of("AWS_ACCESS_KEY_ID", "id", "AWS_SECRET_ACCESS_KEY", "secret", "PATH", "/bin");

  @TempDir Path dir;

  @Test
  void credentialsThatReachNoJobAreTold() throws IOException {
    HostSettings s3 = settings("{store: 's3://bucket/caches'}");
    assertThat(HostEnvironment.unheard(s3, KEYS))
        .hasValueSatisfying(
            line ->
                assertThat(line)
                    .contains("AWS_ACCESS_KEY_ID", "cache.s3.credentials-file")
                    .doesNotContain("PATH", "secret"));
    assertThat(HostEnvironment.unheard(s3, Map.of("PATH", "/bin"))).isEmpty();
    HostSettings file = settings("{store: 's3://bucket/caches', s3: {credentials-file: /etc/s3}}");
    assertThat(HostEnvironment.unheard(file, KEYS)).isEmpty();
    assertThat(HostEnvironment.unheard(settings("{}"), KEYS)).isEmpty();
    assertThat(HostEnvironment.of(s3, dir).keySet()).noneMatch(name -> name.startsWith("AWS_"));
  }

  @Test
  void credentialsThatOthersMayReadAreRefusedBeforeThereIsAJob() throws IOException {
    Path file = Files.writeString(dir.resolve("s3"), "[default]");
    HostSettings host =
        settings("{store: 's3://bucket/caches', s3: {credentials-file: '" + file + "'}}");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(() -> new HostDaemon(host, System.out).run())
        .isInstanceOf(UserError.class)
        .hasMessage("The credentials file " + file + " has mode rw-r-----: others can use it");
    Files.delete(file);
    assertThatThrownBy(() -> new HostDaemon(host, System.out).run())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Could not look at the credentials file " + file);
  }

  @ParameterizedTest
  @CsvSource({"agent, The agent token", "api, The API token"})
  void tokensThatOthersMayReadAreRefused(String section, String what) throws IOException {
    Path file = Files.writeString(dir.resolve("token"), "secret");
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config,
        "host: {state: '%s/state'}\n%s: {token-file: '%s'}\n".formatted(dir, section, file));
    HostSettings host = HostSettings.read(config);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> new HostDaemon(host, System.out).run())
        .isInstanceOf(UserError.class)
        .hasMessage(what + " " + file + " has mode rw-r--r--: others can use it");
    assertThat(dir.resolve("state")).doesNotExist();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    HostEnvironment.insistPrivate(host);
    Files.delete(file);
    HostEnvironment.insistPrivate(host);
  }

  private HostSettings settings(String cache) throws IOException {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(config, "host: {state: '" + dir + "'}\ncache: " + cache + "\n");
    return HostSettings.read(config);
  }
}
