package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AptSourcesTest {
  @Test
  void keepsTheReleasesStanzasOnly() {
    String text =
        """
        Types: deb
        URIs: http://mirror.invalid/debian
        Suites: bookworm bookworm-updates
        Components: main

        Types: deb
        URIs: http://other.invalid
        Suites: nodistro
        Components: main

        Types: deb
        URIs: http://mirror.invalid/security
        Suites: bookworm-security
        """;
    assertThat(AptSources.stanzas(text, "bookworm"))
        .contains("mirror.invalid/debian", "mirror.invalid/security")
        .doesNotContain("other.invalid");
  }

  @Test
  void keepsTheReleasesLinesOnly() {
    String text =
        """
        # deb http://commented.invalid bookworm main
        deb [arch=amd64 signed-by=/k.gpg] http://mirror.invalid bookworm main
        deb-src http://mirror.invalid bookworm main
        deb http://other.invalid tool-bookworm main
        deb http://old.invalid bullseye main
        deb
        """;
    assertThat(AptSources.lines(text, "bookworm"))
        .isEqualTo("deb [arch=amd64 signed-by=/k.gpg] http://mirror.invalid bookworm main\n");
  }
}
