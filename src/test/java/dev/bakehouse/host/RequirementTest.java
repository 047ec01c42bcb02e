package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageRecord;
import dev.bakehouse.image.LocalImage;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequirementTest {
  @ParameterizedTest
  @CsvSource({
    "3.6, 3.6, true",
    "3.10, 3.9, true",
    "3.9, 3.10, false",
    "14, 1, true",
    "1, 14, false",
    "4, 3.6, true",
    "3, 3.0, true",
    "3.6.0, 3.6, true",
    "3.6, 3.6.1, false",
    "'', 3.6, false",
    "3.6-rc1, 3.6, false",
    "3.6-rc1, 3.6-rc1, true",
    "99999999999, 3.6, false"
  })
  void aLaterVersionIsAsGood(String version, String least, boolean good) {
    assertThat(Requirement.atLeast(version, least)).isEqualTo(good);
  }

  @ParameterizedTest
  @CsvSource({"3.6, true", "14, true", "abc, false", "3., false", "-1, false", "3.6-rc1, false"})
  void aVersionIsOfNumbersAndDots(String version, boolean good) {
    assertThat(Requirement.comparable(version)).isEqualTo(good);
  }

  @Test
  void theNameTellsTheVersionAndLabelsTheRest() {
    Map<String, String> labels =
        Map.of(
            "dev.bakehouse.image.bootstrap-version",
            "3.6",
            "dev.bakehouse.image.release",
            "14",
            "dev.bakehouse.image.version",
            "1.2.14");
    LocalImage bumped = image("bun-build-macos-14-arm64-1.2.15", labels);
    assertThat(new Requirement("3.6", "14", "1.2.15").against(bumped)).isEmpty();
    assertThat(new Requirement("", "", "1.2.14").against(bumped))
        .contains("is of version 1.2.15, 1.2.14 is required");
    assertThat(new Requirement("", "15", "").against(bumped))
        .contains("is of macOS release 14, 15 is required");
    assertThat(new Requirement("", "", "1.2.14").against(image("image-sha256", labels))).isEmpty();
    assertThat(Requirement.NONE.against(image("any", Map.of()))).isEmpty();
  }

  private static LocalImage image(String name, Map<String, String> labels) {
    ImageRecord record = new ImageRecord("", "", labels, "", "test");
    return new LocalImage(name, Path.of(name), record, false, Instant.EPOCH);
  }
}
