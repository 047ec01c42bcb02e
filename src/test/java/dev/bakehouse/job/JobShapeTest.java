package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobShapeTest {
  private static final String SIZES =
      "cpus: 2, memory-mb: 2048, disk-gb: 9, images: {big: {cpus: 3, memory-mb: 4096}},"
          + " limit: {cpus: 4, disk-gb: 20}";
  private static final Optional<String> LOCAL = Optional.of("http://127.0.0.1:8080/v3");
  private static final Optional<String> FAR = Optional.of("https://agent-edge.buildkite.com/v3");

  @TempDir Path dir;

  @Test
  void theImageSaysHowLarge() throws IOException {
    assertThat(size(shape("small", SIZES, Map.of(), LOCAL))).isEqualTo("2 2048 9");
    assertThat(size(shape("big", SIZES, Map.of(), LOCAL))).isEqualTo("3 4096 9");
  }

  @Test
  void aStepAsksForLessOrMoreWithinTheLimit() throws IOException {
    Map<String, String> step =
        Map.of(
            "BAKEHOUSE_VM_CPUS", "4", "BAKEHOUSE_VM_MEMORY_MB", "256", "BAKEHOUSE_VM_DISK_GB", "");
    assertThat(size(shape("small", SIZES, step, LOCAL))).isEqualTo("4 256 9");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BAKEHOUSE_VM_CPUS | 5 | from 1 to 4",
        "BAKEHOUSE_VM_CPUS | 0 | from 1 to 4",
        "BAKEHOUSE_VM_CPUS | two | from 1 to 4",
        "BAKEHOUSE_VM_MEMORY_MB | 4097 | from 256 to 4096",
        "BAKEHOUSE_VM_MEMORY_MB | 255 | from 256 to 4096",
        "BAKEHOUSE_VM_DISK_GB | 99999999999 | from 1 to 20",
      })
  void whatTheLimitForbidsIsNamed(String name, String value, String bounds) {
    assertThatThrownBy(() -> shape("small", SIZES, Map.of(name, value), LOCAL))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("`" + name + "=" + value + "`")
        .hasMessageContaining(bounds);
  }

  @ParameterizedTest
  @CsvSource({
    "auto, true, false",
    "auto, false, true",
    "isolated, true, false",
    "outbound, true, true",
    "outbound, false, true",
  })
  void theCoordinatorsPlaceSaysWhetherThereIsAWayOut(String network, boolean local, boolean open)
      throws IOException {
    Shape shape = shape("small", "network: " + network, Map.of(), local ? LOCAL : FAR);
    assertThat(shape.network().outbound()).isEqualTo(open);
  }

  @Test
  void aCommandThatReportsToNobodyIsIsolatedUnlessTheHostSaysOtherwise() throws IOException {
    assertThat(shape("small", "", Map.of(), Optional.empty()).network().outbound()).isFalse();
    Shape open = shape("small", "network: outbound", Map.of(), Optional.empty());
    assertThat(open.network().outbound()).isTrue();
  }

  @Test
  void anIsolatedGuestCanNotReportToAFarCoordinator() {
    assertThatThrownBy(() -> shape("small", "network: isolated", Map.of(), FAR))
        .isInstanceOfSatisfying(
            UserError.class,
            e -> {
              assertThat(e)
                  .hasMessageContaining("https://agent-edge.buildkite.com/v3")
                  .hasMessageContaining("vm.network: isolated");
              assertThat(e.remedy()).contains("outbound");
            });
  }

  private Shape shape(String image, String vm, Map<String, String> step, Optional<String> endpoint)
      throws IOException {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "host: {image: " + image + "}\nvm: {" + vm + "}\n");
    return JobShape.of(HostSettings.read(file), step, endpoint);
  }

  private static String size(Shape shape) {
    return shape.cpus() + " " + shape.memoryMb() + " " + shape.diskGb();
  }
}
