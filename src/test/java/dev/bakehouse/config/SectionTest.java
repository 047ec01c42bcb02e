package dev.bakehouse.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SectionTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "~", "null", "Null", "NULL", "# nothing"})
  void aKeyWithoutAValueIsNotSet(String nothing) {
    Section section = Yaml.parse("f", "key: " + nothing + "\n");
    assertThat(section.has("key")).isFalse();
    assertThat(section.text("key")).isEmpty();
    assertThat(section.text("key", "fallback")).isEqualTo("fallback");
    assertThat(section.number("key", 7, 1, 9)).isEqualTo(7);
    assertThat(section.flag("key", true)).isTrue();
    assertThat(section.choice("key", "a", List.of("a", "b"))).isEqualTo("a");
    assertThat(section.texts("key", List.of("x"))).containsExactly("x");
    assertThat(section.map("key")).isEmpty();
    assertThat(section.sections("key")).isEmpty();
    section.section("key").close();
    section.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"'~'", "\"null\"", "''", "nul", "~x"})
  void aQuotedOrLongerWordIsItself(String word) {
    String expected = word.replaceAll("['\"]", "");
    assertThat(Yaml.parse("f", "key: " + word).text("key")).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "~", "null"})
  void anEntryWithoutAValueIsRefused(String nothing) {
    Section list = Yaml.parse("f", "a: 1\nkey:\n  - one\n  - " + nothing + "\n");
    assertThatThrownBy(() -> list.texts("key", List.of()))
        .isInstanceOf(ConfigError.class)
        .hasMessage("f:4: `key` has no value");
    Section sections = Yaml.parse("f", "key:\n  - {}\n  - " + nothing + "\n");
    assertThatThrownBy(() -> sections.sections("key"))
        .isInstanceOf(ConfigError.class)
        .hasMessage("f:3: `key[1]` has no value");
    Section map = Yaml.parse("f", "key:\n  name: " + nothing + "\n");
    assertThatThrownBy(() -> map.map("key"))
        .isInstanceOf(ConfigError.class)
        .hasMessage("f:2: `key.name` has no value");
  }

  @Test
  void aNameWithoutAMappingHasItsDefaults() {
    assertThat(Yaml.parse("f", "key: {a: , b: {n: 2}}").named("key", s -> s.number("n", 1, 1, 9)))
        .containsEntry("a", 1)
        .containsEntry("b", 2);
  }
}
