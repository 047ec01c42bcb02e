package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The format, judged by a reader and a writer that share no code with ours: Python with PyPI's
/// `lz4` in dictionary mode, `crane` and `curl`. `scripts/test-needs.sh` installs them.
@Tag("registry")
class RoundTripTest {
  private static final Path TOOLS = Path.of(".bakehouse/tools").toAbsolutePath();

  @TempDir Path temp;

  @Test
  void whatWePushAnIndependentReaderTurnsIntoTheSameDisk() throws IOException {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false)) {
      Path vm = DiskFixture.make(temp.resolve("vm"), 21);
      Repository remote = remote(registry);
      new TartPush(remote, List.of(), temp.resolve("push"), Progress.NONE)
          .push(vm, List.of("v1"), Map.of(), Map.of());
      Path disk = temp.resolve("disk.img");
      python("read", crane(), registry.host(), "o/r/vm", "v1", disk.toString());
      assertThat(Files.mismatch(vm.resolve("disk.img"), disk)).isEqualTo(-1);
    }
  }

  @Test
  void whatAnIndependentWriterMadeWithLinkedBlocksWePullIdentically() throws IOException {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false)) {
      Path vm = DiskFixture.make(temp.resolve("vm"), 22);
      python(
          "write",
          registry.host(),
          "o/r/vm",
          "v1",
          vm.resolve("disk.img").toString(),
          vm.resolve("config.json").toString(),
          vm.resolve("nvram.bin").toString());
      Repository remote = remote(registry);
      Path back = Files.createDirectories(temp.resolve("back"));
      new TartPull(remote, remote.manifest("v1"), Progress.NONE).into(back);
      for (String file : List.of("disk.img", "config.json", "nvram.bin")) {
        assertThat(Files.mismatch(vm.resolve(file), back.resolve(file))).as(file).isEqualTo(-1);
      }

      // Pushed on after a change, the writer's other slices are kept as it made them.
      Files.write(
          back.resolve("config.json"), "{\"os\":\"linux\"}".getBytes(StandardCharsets.UTF_8));
      Manifest again =
          new TartPush(
                  remote,
                  List.of(new Parent(remote.manifest("v1"), Optional.of(remote))),
                  temp.resolve("push"),
                  Progress.NONE)
              .push(back, List.of("v2"), Map.of(), Map.of());
      assertThat(again.layers().subList(1, 4))
          .isEqualTo(remote.manifest("v1").layers().subList(1, 4));
    }
  }

  private Repository remote(DockerRegistry registry) {
    Path none = Path.of("/nonexistent");
    return new RemoteRepository(
        new Reference.Remote(registry.host(), "o/r/vm", "v1"),
        new Credentials(Map.of(), none, none, none, List.of()),
        true,
        temp);
  }

  private void python(String... args) throws IOException {
    Path python = TOOLS.resolve("python/bin/python3");
    assertThat(python).as("run scripts/test-needs.sh: it makes this").exists();
    Path script = temp.resolve("tart-image.py");
    try (InputStream in = RoundTripTest.class.getResourceAsStream("/tart-image.py")) {
      Files.write(script, in.readAllBytes());
    }
    Command.of(python.toString(), script.toString())
        .and(args)
        .deadline(Duration.ofMinutes(5))
        .check();
  }

  private static String crane() {
    Path own = TOOLS.resolve("bin/crane");
    return Files.exists(own) ? own.toString() : Programs.path("crane");
  }
}
