package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.OperationsSettings;
import dev.bakehouse.config.StandbySettings;
import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.VmSize;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.image.ImageConfig;
import dev.bakehouse.oci.Mirror;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    assertThat(settings.vm().size().cpus()).isEqualTo(4);
    assertThat(settings.vm().size().memoryMb()).isEqualTo(8192);
    assertThat(settings.vm().size().diskGb()).isEqualTo(50);
    assertThat(settings.agent().tags()).containsEntry("queue", "default");
  }

  @Test
  void anImageHasASizeOfItsOwnAndTheLargestIsTheLimit() throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "vm: {cpus: 2, images: {big: {cpus: 6, disk-gb: 90}}}");
    VmSettings vm = HostSettings.read(file).vm();
    assertThat(vm.size("other")).isEqualTo(new VmSize(2, 8192, 50));
    assertThat(vm.size("big")).isEqualTo(new VmSize(6, 8192, 90));
    assertThat(vm.limit()).isEqualTo(new VmSize(6, 8192, 90));
  }

  @Test
  void whatWaitsHasTheMemoryOfAVmOrNone() throws IOException {
    assertThat(HostSettings.defaults(dir).standby().memoryMb()).isZero();
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(
        file, "vm: {memory-mb: 1024}\nhost: {standby: {memory-mb: 2048, disk-gb: 9}}");
    assertThat(HostSettings.read(file).standby()).isEqualTo(new StandbySettings(2048, 9));
    Files.writeString(file, "vm: {memory-mb: 1024}\nhost: {standby: {memory-mb: 1000}}");
    assertThatThrownBy(() -> HostSettings.read(file))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining("`host.standby`")
        .hasMessageContaining("1024");
    Files.writeString(file, "vm: {start: standby}");
    assertThatThrownBy(() -> HostSettings.read(file)).hasMessageContaining("memory-mb: 0");
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:9410, 127.0.0.1, 9410",
    "localhost:80, 127.0.0.1, 80",
    "'[::1]:9410', '0:0:0:0:0:0:0:1', 9410",
    "10.0.2.11:65535, 10.0.2.11, 65535"
  })
  void thePageIsAtOneAddress(String text, String address, int port) throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "host:\n  web: '" + text + "'\n  web-names: [mac-1.example.org]");
    assertThat(HostSettings.read(file).operations().web().orElseThrow())
        .satisfies(
            web -> {
              assertThat(web.listen().getAddress().getHostAddress()).isEqualTo(address);
              assertThat(web.listen().getPort()).isEqualTo(port);
              assertThat(web.names()).containsExactly("mac-1.example.org");
            });
    assertThat(HostSettings.defaults(dir).operations().web()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "9410, is no address and port: `9410`",
    "':9410', is no address and port",
    "127.0.0.1, is no address and port",
    "127.1:9410, is no address and port",
    "127.0.0.256:9410, is no address and port",
    "mac-1.example.org:9410, is no address and port",
    "'http://127.0.0.1:9410', is no address and port",
    "'[::zz]:9410', is no address and port",
    "'::1:9410', is no address and port",
    "127.0.0.1:0, has the port 0",
    "127.0.0.1:99999, has the port 99999",
    "0.0.0.0:9410, stands for no single address of this machine: `0.0.0.0:9410`",
    "'[::]:9410', stands for no single address",
    "224.0.0.1:9410, stands for no single address"
  })
  void noOtherPlaceWillDoForThePage(String text, String complaint) throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "host:\n  web: '" + text + "'");
    assertThatThrownBy(() -> HostSettings.read(file))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining("bakehouse.yml:2")
        .hasMessageContaining("`host.web` " + complaint)
        .extracting(e -> ((ConfigError) e).remedy())
        .asString()
        .contains("web: 127.0.0.1:9410");
  }

  @Test
  void namesOfThePageAreNamesAndNeedAPage() throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "host:\n  web-names: [mac-1]");
    assertThatThrownBy(() -> HostSettings.read(file))
        .hasMessageContaining("bakehouse.yml:2")
        .hasMessageContaining("`host.web-names` names a page that is not there");
    Files.writeString(file, "host:\n  web: 127.0.0.1:9410\n  web-names: ['http://mac-1']");
    assertThatThrownBy(() -> HostSettings.read(file))
        .hasMessageContaining("`host.web-names` has `http://mac-1`, which is no name of a host");
  }

  @ParameterizedTest
  @CsvSource({
    "foo, is no address of a web server: `foo`",
    "ftp://x, is no address of a web server: `ftp://x`",
    "'http://', is no address",
    "http:///v3, is no address",
    "http://127.0.0.1:99999/v3, has the port 99999",
    "http://127.0.0.1:0/v3, has the port 0"
  })
  void agentsAskAWebServer(String endpoint, String complaint) throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "agent:\n  endpoint: '" + endpoint + "'");
    assertThatThrownBy(() -> HostSettings.read(file))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining("bakehouse.yml:2")
        .hasMessageContaining("`agent.endpoint` " + complaint);
    Files.writeString(file, "agent: {endpoint: 'http://[::1]:4711/v3'}");
    assertThat(HostSettings.read(file).agent().endpoint()).isEqualTo("http://[::1]:4711/v3");
  }

  @Test
  void cachesAmongArtifactsNeedSomebodyToAskForBuilds() throws IOException {
    Path file = Files.writeString(dir.resolve("bakehouse.yml"), "cache: {store: 'buildkite:'}");
    assertThatThrownBy(() -> HostSettings.read(file))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining("`cache.store` is `buildkite:`")
        .hasMessageContaining("bakehouse.yml:1");
    Files.writeString(
        file, "cache: {store: 'buildkite:'}\napi: {url: 'http://u/v2', token-file: t}");
    assertThat(HostSettings.read(file).cacheStore()).isEqualTo("buildkite:");
    Files.writeString(file, "api: {url: 'ftp://u/v2'}");
    assertThatThrownBy(() -> HostSettings.read(file))
        .hasMessageContaining("`api.url` is no address of a web server: `ftp://u/v2`");
  }

  @ParameterizedTest
  @CsvSource({"'', 64", "off, 0", "on, 64", "'{budget-gb: 5}', 5", "'{budget-gb: 0}', 0"})
  void cacheVolumesHaveABudgetOrAreOff(String value, long gb) throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "cache: {volumes: " + value + "}");
    assertThat(HostSettings.read(file).cache().volumes()).isEqualTo(gb << 30);
  }

  @ParameterizedTest
  @CsvSource({
    "maybe, '`cache.volumes: maybe` is not known'",
    "'{budget-gb: -1}', '`cache.volumes.budget-gb: -1` is not a whole number'",
    "'{budget: 5}', 'unknown key `cache.volumes.budget`'",
    "'[5]', '`cache.volumes` must hold keys and values'"
  })
  void cacheVolumesAreCheckedByName(String value, String complaint) throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "cache: {volumes: " + value + "}");
    assertThatThrownBy(() -> HostSettings.read(file))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining(complaint);
  }

  @Test
  void theStoreMayHaveABudget() throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "cache: {budget-gb: 5}");
    assertThat(HostSettings.read(file).cache().budget()).hasValue(5L << 30);
    assertThat(HostSettings.read(file).cache().withPlain().budget()).hasValue(5L << 30);
    Files.writeString(file, "cache: {}");
    assertThat(HostSettings.read(file).cache().budget()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, is not a whole number from 1 to 1048576",
    "-1, is not a whole number from 1 to 1048576",
    "1048577, is not a whole number from 1 to 1048576",
    "5G, is not a whole number from 1 to 1048576",
    "'5, store: \"buildkite:\"', can not be kept in the store `buildkite:`"
  })
  void theStoresBudgetIsCheckedByName(String value, String complaint) throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "cache: {budget-gb: " + value + "}");
    assertThatThrownBy(() -> HostSettings.read(file))
        .isInstanceOf(ConfigError.class)
        .hasMessageContainingAll("bakehouse.yml:1", "`cache.budget-gb", complaint);
  }

  @Test
  void mirrorsOfRegistriesAreTheHostsAndTheImagesToName() throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(
        file,
        "image: {name: x, mirrors: {ghcr.io: 'http://mini-1.local:5000'}, upload-chunks: {}}");
    assertThat(HostSettings.read(file).registries().mirrors())
        .containsExactly(Map.entry("ghcr.io", List.of(new Mirror("mini-1.local:5000", "", true))));
    assertThat(ImageConfig.read(Yaml.read(file).section("image")).name()).isEqualTo("x");
    Files.writeString(file, "image: {mirrors: {ghcr.io: 'no host'}}");
    assertThatThrownBy(() -> HostSettings.read(file))
        .isInstanceOf(ConfigError.class)
        .hasMessageContaining(":1: `image.mirrors` has `no host`");
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
        "hots: {} | :1: unknown key `hots` | agent, api, cache, fleet, git, github, host, image, network",
        "host:\\n  name: x\\n  name: y | :3: the key `host.name` stands twice | Remove",
        "host: [ | : | Correct the YAML",
        "vm:\\n  subnet: 192.168.1.1/24 | :2: `vm.subnet` is not a /24 network | 192.168.127.0/24",
        "vm:\\n  subnet: 192.168.0.0/16 | :2: `vm.subnet` is not a /24 network | 192.168.127.0/24",
        "vm:\\n  subnet: 10.0.2.0/24 | :2: `vm.subnet` overlaps: the guests' network 10.0.2.0/24 and the VLAN management, 10.0.2.0/24 | Choose another",
        "network:\\n  vlans: {guests: 192.168.0.0/16} | `vm.subnet` overlaps: the guests' network 192.168.127.0/24 and the VLAN guests | Choose another",
        "network:\\n  vlans:\\n    build: 10.1 | :3: `network.vlans.build` is not a network: 10.1 | 10.0.1.0/24",
        "vm:\\n  network: open | :2: `vm.network: open` is not known | auto, isolated, outbound",
        "vm:\\n  images:\\n    a: {cpu: 1} | :3: unknown key `vm.images.a.cpu` | cpus, disk-gb, memory-mb",
        "vm:\\n  cpus: 4\\n  limit: {cpus: 2} | :3: `vm.limit` is below a size | 4 CPUs, 8192 MB",
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

  @Test
  void evidenceIsKeptForAWeekWithoutCoresUnlessToldOtherwise() throws IOException {
    OperationsSettings.Evidence usual = HostSettings.defaults(dir).operations().evidence();
    assertThat(usual.keep()).contains(Duration.ofDays(7));
    assertThat(usual.upload()).isTrue();
    assertThat(usual.cores()).isFalse();
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(
        file, "host: {evidence: {keep-days: 0, max-mb: 70, upload: false, cores: true}}");
    assertThat(HostSettings.read(file).operations().evidence())
        .isEqualTo(new OperationsSettings.Evidence(Optional.empty(), 70 << 20, false, true));
    Files.writeString(file, "host: {evidence: {max-mb: 1}}");
    assertThatThrownBy(() -> HostSettings.read(file))
        .hasMessageContaining("`host.evidence.max-mb: 1`");
    Files.writeString(file, "host: {evidence: {core: true}}");
    assertThatThrownBy(() -> HostSettings.read(file)).hasMessageContaining("host.evidence.core");
  }
}
