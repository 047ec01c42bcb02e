package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrategyTest {
  @ParameterizedTest
  @CsvSource({
    "'',           '',    true,  true,  read-write",
    "read-write,   '',    true,  true,  read-write",
    "read-only,    '',    true,  false, read-only",
    "write-only,   '',    false, true,  write-only",
    "disabled,     '',    false, false, none",
    "none,         '',    false, false, none",
    "read-write,   OFF,   false, false, none",
    "read-only,    off,   false, false, none",
    "'',           0,     false, false, none",
    "'',           ON,    true,  true,  read-write",
    "write-only,   TRUE,  false, true,  write-only",
  })
  void saysWhatIsAllowed(
      String strategy, String buildkite, boolean reads, boolean writes, String cmake) {
    Strategy found = Strategy.of(Map.of("CACHE_STRATEGY", strategy, "BUILDKITE_CACHE", buildkite));

    assertThat(found.reads()).isEqualTo(reads);
    assertThat(found.writes()).isEqualTo(writes);
    assertThat(found.forCmake()).isEqualTo(cmake);
  }

  @ParameterizedTest
  @ValueSource(strings = {"readwrite", "READ-WRITE", "off", " read-only", "both"})
  void aWrongValueNamesTheRightOnes(String value) {
    assertThatThrownBy(() -> Strategy.of(Map.of("CACHE_STRATEGY", value)))
        .isInstanceOfSatisfying(
            UserError.class,
            e -> {
              assertThat(e.getMessage()).contains("CACHE_STRATEGY=" + value);
              assertThat(e.remedy())
                  .contains("read-write", "read-only", "write-only", "disabled", "none");
            });
  }

  @Test
  void aWrongSwitchIsAnErrorToo() {
    assertThatThrownBy(() -> Strategy.of(Map.of("BUILDKITE_CACHE", "maybe")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("BUILDKITE_CACHE=maybe");
  }
}
