package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.platform.UserError;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepRuleTest {
  private final StepRule rule = new StepRule(StepRule.DEFAULT_STEPS, Map.of("gems", "vendor/gems"));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "linux-x64-build-zig  |                                             | zig-local zig-global | zig-local zig-global",
        "linux-x64-build-cpp  | BUN_CPP_ONLY=ON                             | ccache    | ccache",
        "linux-x64-build-cpp  | BUN_CPP_ONLY=on                             | ccache    | ccache",
        "linux-x64-build-bun  | BUN_LINK_ONLY=ON                            |           |",
        "linux-x64-build-bun  | BUN_LINK_ONLY=ON BUN_CPP_ONLY=ON            |           |",
        "linux-x64-build-zig  | BUN_CPP_ONLY=OFF                            | zig-local zig-global | zig-local zig-global",
        "linux-x64-build-cpp  | BUN_CPP_ONLY=ON CACHE_STRATEGY=read-only    | ccache    |",
        "linux-x64-build-cpp  | BUN_CPP_ONLY=ON CACHE_STRATEGY=write-only   |           | ccache",
        "linux-x64-build-cpp  | BUN_CPP_ONLY=ON CACHE_STRATEGY=disabled     |           |",
        "linux-x64-build-cpp  | BUN_CPP_ONLY=ON CACHE_STRATEGY=none         |           |",
        "linux-x64-build-cpp  | BUN_CPP_ONLY=ON BUILDKITE_CACHE=OFF         |           |",
        "linux-x64-test-bun   |                                             |           |",
        "''                   |                                             |           |",
        "''                   | CACHE_STRATEGY=read-write                   | zig-local zig-global | zig-local zig-global",
        "vendor               | CACHE_KINDS=ccache                          | ccache    | ccache",
        "vendor               | CACHE_KINDS=ccache CACHE_STRATEGY=read-only | ccache    |",
        "vendor               | CACHE_KINDS=ccache,zig-local,ccache         | ccache zig-local | ccache zig-local",
        "vendor               | CACHE_KINDS=gems,bun                        | gems bun  | gems bun",
        "linux-x64-build-bun  | BUN_LINK_ONLY=ON CACHE_KINDS=ccache         | ccache    | ccache",
        "linux-x64-build-bun  | CACHE_KINDS=none                            |           |",
      })
  void decides(String step, String env, String restores, String saves) {
    Decision decision = rule.decide(step, variables(env));

    assertThat(names(decision.restores())).isEqualTo(restores == null ? "" : restores);
    assertThat(names(decision.saves())).isEqualTo(saves == null ? "" : saves);
    assertThat(decision.why()).isNotBlank();
  }

  @Test
  void configuredStepsReplaceTheDefault() {
    StepRule own = new StepRule(List.of("compile", "pack-?"), Map.of());

    assertThat(own.decide("compile", Map.of()).kinds()).isNotEmpty();
    assertThat(own.decide("pack-1", Map.of()).kinds()).isNotEmpty();
    assertThat(own.decide("pack-\u00e9", Map.of()).kinds()).isNotEmpty();
    assertThat(own.decide("pack-12", Map.of()).kinds()).isEmpty();
    assertThat(own.decide("linux-build-cpp", Map.of()).kinds()).isEmpty();
  }

  @Test
  void anUnknownKindNamesTheKnownOnes() {
    assertThatThrownBy(() -> rule.decide("x", Map.of("CACHE_KINDS", "ccache,zig")))
        .isInstanceOfSatisfying(
            UserError.class,
            e -> {
              assertThat(e.getMessage()).contains("`zig`");
              assertThat(e.remedy()).contains("ccache", "zig-local", "zig-global", "bun", "gems");
            });
  }

  private static Map<String, String> variables(String text) {
    return text == null
        ? Map.of()
        : Arrays.stream(text.strip().split(" +"))
            .map(pair -> pair.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
  }

  private static String names(List<Kind> kinds) {
    return kinds.stream().map(Kind::name).collect(Collectors.joining(" "));
  }
}
