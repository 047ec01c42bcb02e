package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The files that open everything.
class TokensTest {
  @TempDir Path dir;

  /// A power cut may leave a file without its bytes, and no token must not open everything.
  @ParameterizedTest
  @CsvSource({"api,''", "registration,'\n'", "signing,''", "signing,short"})
  void anEmptyFileIsRefused(String name, String text) throws Exception {
    new Tokens(dir);
    Path file = dir.resolve(name);
    Files.writeString(file, text);
    assertThatThrownBy(() -> new Tokens(dir))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file.toString())
        .satisfies(e -> assertThat(((UserError) e).remedy()).contains("Remove"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x"})
  void oneThatIsShownIsTheWholeOne(String token) {
    Tokens tokens = new Tokens(dir);
    assertThat(tokens.isApi(token)).isFalse();
    assertThat(tokens.isRegistration(token)).isFalse();
  }
}
