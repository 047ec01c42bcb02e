package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpAddressTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"http://127.0.0.1:8080/v3", "https://api.example.org/v2/", "http://[::1]:1"})
  void anAddressIsTakenAsItIs(String text) {
    assertThat(HttpAddress.parse(text, "it")).hasToString(text);
  }

  @ParameterizedTest
  @CsvSource({
    "'', is no address",
    "foo, is no address",
    "ftp://x/v2, is no address",
    "file:///etc/passwd, is no address",
    "https:/x, is no address",
    "http://, is no address",
    "http://a b/v2, is no address",
    "http://127.0.0.1:99999/v2, has the port 99999",
    "http://127.0.0.1:0/v2, has the port 0"
  })
  void whatIsNoneIsNamed(String text, String why) {
    assertThatThrownBy(() -> HttpAddress.parse(text, "--address"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("--address " + why)
        .hasMessageEndingWith(": `" + text + "`");
  }

  @Test
  void aPasswordInItIsNotShown() {
    for (String text : new String[] {"http://me:secret@host/v2", "http://me:secret@ho st/v2"}) {
      assertThatThrownBy(() -> HttpAddress.parse(text, "it"))
          .isInstanceOf(UserError.class)
          .hasMessageNotContaining("secret");
    }
  }
}
