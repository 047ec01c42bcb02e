package dev.bakehouse.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;

/// The full Debian guest tests run: the directory named by the property or variable
/// `bakehouse.test.image` (`BAKEHOUSE_TEST_IMAGE`).
public final class GuestImage {
  private GuestImage() {}

  public static Path directory() {
    String directory =
        Optional.ofNullable(System.getProperty("bakehouse.test.image"))
            .or(() -> Optional.ofNullable(System.getenv("BAKEHOUSE_TEST_IMAGE")))
            .orElse("");
    assertThat(Path.of(directory, "disk.img"))
        .as("-Dbakehouse.test.image=DIR must name a guest image; `bakehouse image build` makes one")
        .isRegularFile();
    return Path.of(directory);
  }
}
