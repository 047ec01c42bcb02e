package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReferenceTest {
  private static final String HEX = "ab".repeat(32);

  @Test
  void understandsRegistries() {
    assertThat(Reference.parse("ghcr.io/o/r/bun-build-macos:1.2.14"))
        .isEqualTo(new Reference.Remote("ghcr.io", "o/r/bun-build-macos", "1.2.14"));
    assertThat(Reference.parse("127.0.0.1:5000/a"))
        .isEqualTo(new Reference.Remote("127.0.0.1:5000", "a", "latest"));
    assertThat(Reference.parse("localhost/a:b@sha256:" + HEX))
        .isEqualTo(new Reference.Remote("localhost", "a", "sha256:" + HEX))
        .hasToString("localhost/a@sha256:" + HEX);
  }

  @Test
  void understandsLayouts() {
    assertThat(Reference.parse("oci:/tmp/a b/images:v1"))
        .isEqualTo(new Reference.Layout(Path.of("/tmp/a b/images"), "v1"));
    assertThat(Reference.parse("oci:images")).hasToString("oci:images:latest");
    assertThat(Reference.parse("oci:dir.d/x:y/z").selector()).isEqualTo("latest");
  }

  @ParameterizedTest
  @CsvSource({
    "ubuntu, host is missing",
    "library/ubuntu, not a registry's host",
    "ghcr.io/O/r:1, not a repository name",
    "ghcr.io/o/r:a+b, not a tag",
    "ghcr.io/o/r@sha256:12, not a SHA-256",
    "oci::x, directory is missing",
    "/x:1, host is missing",
  })
  void namesThePartThatIsWrong(String text, String why) {
    assertThatThrownBy(() -> Reference.parse(text))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(why);
  }
}
