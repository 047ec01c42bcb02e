package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  private HostSettings settings(String cache) throws IOException {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(config, "host: {state: '" + dir + "'}\ncache: " + cache + "\n");
    return HostSettings.read(config);
  }
}
