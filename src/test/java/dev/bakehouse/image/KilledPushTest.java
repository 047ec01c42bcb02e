package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.MeteredProxy;
import dev.bakehouse.oci.NoisyDisk;
import dev.bakehouse.oci.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("registry")
class KilledPushTest {
  private static final int SLICES = 8;
  private static final int EACH = 3_000_000;

  @TempDir Path temp;
  private final Random random = new Random(12);

  @Test
  void aKilledPushNeitherCompressesNorSendsAgainWhatWasFinished() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        MeteredProxy proxy = new MeteredProxy(registry.host())) {
      Path state = temp.resolve("state");
      Fixture host = new Fixture(state);
      Path vm = NoisyDisk.make(temp.resolve("vm"), SLICES, EACH, 1);
      host.store.adopt("vm", vm, Map.of(), "test");
      String reference = proxy.host() + "/o/r/vm:v1";
      Map<Path, String> compressed = new HashMap<>();
      Set<String> sent = new HashSet<>();
      int kills = 0;
      for (; kills < 6; kills++) {
        int before = proxy.requests().size();
        var reached = proxy.allow(3_000_000 + random.nextInt(7_000_000));
        Process child = new Child(state).start("push", "vm", reference);
        assertThat(reached.await(60, TimeUnit.SECONDS)).isTrue();
        child.destroyForcibly().waitFor();
        notSentAgain(sent, proxy, before);
        look(state, compressed, sent);
      }
      assertThat(sent.size() + compressed.size()).isPositive();
      int before = proxy.requests().size();
      proxy.allow(Long.MAX_VALUE);
      Process child = new Child(state).start("push", "vm", reference);
      assertThat(child.waitFor()).as(Files.readString(temp.resolve("state.log"))).isZero();
      notSentAgain(sent, proxy, before);
      assertThat(proxy.up()).isLessThan((long) EACH * SLICES + kills * 4L * EACH + 3_000_000);

      Fixture other = new Fixture(temp.resolve("other"));
      LocalImage back = other.transfer.pull(Reference.parse(reference), "vm", false);
      assertThat(Files.mismatch(back.disk(), vm.resolve("disk.img"))).isEqualTo(-1);
      assertThat(leavings(state)).isEmpty();
    }
  }

  private static void notSentAgain(Set<String> blobs, MeteredProxy proxy, int before) {
    List<String> later = proxy.requests().subList(before, proxy.requests().size());
    assertThat(blobs)
        .noneMatch(blob -> later.stream().anyMatch(l -> l.startsWith("PUT") && l.contains(blob)));
  }

  /// What a killed push left: no slice may have been compressed a second time.
  private static void look(Path state, Map<Path, String> compressed, Set<String> sent)
      throws IOException {
    for (Path note : leavings(state)) {
      String time = Files.getLastModifiedTime(note).toString();
      assertThat(compressed.getOrDefault(note, time)).as(note.toString()).isEqualTo(time);
      compressed.put(note, time);
      Path blob = note.resolveSibling(note.getFileName().toString().replace(".idx", ".lz4"));
      if (!Files.exists(blob)) {
        sent.add(HexFormat.of().formatHex(Files.readAllBytes(note), 0, 32));
      }
    }
  }

  private static List<Path> leavings(Path state) throws IOException {
    try (Stream<Path> all = Files.walk(state.resolve("images/.work"))) {
      return all.filter(path -> path.toString().endsWith(".idx")).toList();
    }
  }
}
