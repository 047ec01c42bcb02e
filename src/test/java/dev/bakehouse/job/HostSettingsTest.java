package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.ConfigError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostSettingsTest {
  @TempDir Path dir;

  @Test
  void everyKeyHasADefault() {
    HostSettings settings = HostSettings.defaults(dir);
    assertThat(settings.slots()).isEqualTo(2);
    assertThat(settings.vm().cpus()).isEqualTo(4);
    assertThat(settings.vm().memoryMb()).isEqualTo(8192);
    assertThat(settings.vm().diskGb()).isEqualTo(50);
    assertThat(settings.agent().tags()).containsEntry("queue", "default");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "host:\\n  slotz: 2 | :2: unknown key `host.slotz` | slots",
        "host:\\n  slots: two | :2: `host.slots: two` is not a whole number from 1 to 64 | number",
        "host:\\n\\n  slots: 0 | :3: `host.slots: 0` is not | number",
        "vm:\\n  start: fast | :2: `vm.start: fast` is not known | auto, boot, resume",
        "host:\\n  name: a b | `host.name` must be letters | mac-mini-1",
        "host: 7 | :1: `host` must hold keys | key: value",
        "hots: {} | :1: unknown key `hots` | agent, api, cache, git, host, image",
        "host:\\n  name: x\\n  name: y | :3: the key `host.name` stands twice | Remove",
        "host: [ | : | Correct the YAML",
      })
  void aWrongFileIsAnsweredWithFileLineKeyAndWhatIsAllowed(
      String yaml, String message, String remedy) throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, yaml.replace("\\n", "\n"));
    assertThatThrownBy(() -> HostSettings.read(file))
        .isInstanceOfSatisfying(
            ConfigError.class,
            e -> {
              assertThat(e).hasMessageContaining(file.toString()).hasMessageContaining(message);
              assertThat(e.remedy()).contains(remedy);
            });
  }
}
