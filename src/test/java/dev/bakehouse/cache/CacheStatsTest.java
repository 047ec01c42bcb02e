package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CacheStatsTest {
  @Test
  void readsWhatCcachePrints() {
    String printed =
        "cache_miss\t3\ndirect_cache_hit\t40\npreprocessed_cache_hit\t2\nlocal_storage_hit\t84\n"
            + "stats_updated_timestamp\t1795370442\nodd\nx\ty\n";

    CacheStats stats = CacheStats.ofCcache(printed);

    assertThat(stats).isEqualTo(new CacheStats("ccache", 42, 3));
    assertThat(stats.rate()).hasValue(42.0 / 45);
    assertThat(stats.since(new CacheStats("ccache", 40, 3)))
        .isEqualTo(new CacheStats("ccache", 2, 0));
    assertThat(CacheStats.ofCcache("").rate()).isEmpty();
  }

  @Test
  void readsOneOrMoreFromJson() {
    assertThat(
            CacheStats.ofJson("{\"kind\":\"zig-local\",\"hits\":5,\"misses\":1,\"zig\":\"0.15\"}"))
        .containsExactly(new CacheStats("zig-local", 5, 1));
    assertThat(CacheStats.ofJson("[{\"kind\":\"a\",\"hits\":1,\"misses\":2}]"))
        .containsExactly(new CacheStats("a", 1, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "3", "{\"kind\":\"a\",\"hits\":\"many\"}"})
  void somethingElseIsAnError(String text) {
    assertThatThrownBy(() -> CacheStats.ofJson(text)).isInstanceOf(UserError.class);
  }

  @Test
  void theConfigurationHasDefaultsAndBounds() {
    assertThat(CacheConfig.read(Yaml.parse("f", ""))).isEqualTo(CacheConfig.defaults());

    CacheConfig config =
        CacheConfig.read(
            Yaml.parse(
                "f",
                "store: dir:/nfs\nsteps: [a-*]\nretention-days: 7\ndirectories: {gems: v/gems}\n"));
    assertThat(config.store()).isEqualTo("dir:/nfs");
    assertThat(config.retention()).isEqualTo(Duration.ofDays(7));
    assertThat(config.rule().isCacheStep("a-1")).isTrue();
    assertThat(config.rule().directories()).isEqualTo(Map.of("gems", "v/gems"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "retention: 7",
        "retention-days: 0",
        "directories: {ccache: x}",
        "directories: {G: x}",
        "directories: {g: ../x}",
        "directories: {g: .}",
        "directories: {g: x/..}",
        "directories: {g: /}",
        "directories: {g: \"x\\0y\"}",
        "steps: ['[']",
        "steps: [a-*, '{b']"
      })
  void aWrongConfigurationIsAnError(String text) {
    assertThatThrownBy(() -> CacheConfig.read(Yaml.parse("f", text)))
        .isInstanceOfAny(ConfigError.class, UserError.class);
  }
}
