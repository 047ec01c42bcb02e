package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// A coordinator whose state lies on a file system that is really full.
class FullDiskTest {
  private static final String BUILDS = "/v2/organizations/bakehouse/pipelines/p/builds";

  @TempDir Path dir;

  /// Only root can mount one: elsewhere there is no such test.
  @TestFactory
  Stream<DynamicTest> aCoordinatorSaysThatItsDiskIsFullAndGoesOnOnceThereIsRoom() {
    return "root".equals(System.getProperty("user.name"))
        ? Stream.of(DynamicTest.dynamicTest("tmpfs", this::fullAndFree))
        : Stream.of();
  }

  private void fullAndFree() throws Exception {
    Path disk = Files.createDirectory(dir.resolve("disk"));
    Command.of("mount", "-t", "tmpfs", "-o", "size=8m", "none", disk.toString()).check();
    try (Coordinator coordinator = Coordinator.start(Config.of(0, disk.resolve("state")))) {
      HandClient client = new HandClient(coordinator);
      String token = Files.readString(coordinator.apiToken()).strip();
      String body =
          "{\"commit\":\"c\",\"branch\":\"main\",\"message\":\"" + "m".repeat(9000) + "\"}";
      client.call(
          "POST",
          "/v2/organizations/bakehouse/pipelines",
          token,
          "{\"name\":\"p\",\"slug\":\"p\",\"repository\":\"r\",\"configuration\":\"steps: [{command: x}]\"}");
      Path filler = disk.resolve("filler");
      fill(filler);

      HandClient.Answer refused = client.call("POST", BUILDS, token, body);
      assertThat(refused.status()).as(refused.json().toString()).isEqualTo(503);
      assertThat(refused.json().path("message").asString()).contains("full", disk + "/state");

      Files.delete(filler);
      assertThat(client.call("POST", BUILDS, token, body).status()).isEqualTo(201);
      assertThat(client.call("GET", BUILDS, token, "").json()).hasSize(1);
    } finally {
      Command.of("umount", "-l", disk.toString()).check();
    }
  }

  private static void fill(Path file) throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }
}
