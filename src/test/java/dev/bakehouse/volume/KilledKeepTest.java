package dev.bakehouse.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.VmHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.StringNode;

/// Processes that keep one generation after the other, killed anywhere.
class KilledKeepTest {
  private static final VolumeKey KEY = new VolumeKey("p/branch/main/linux", "step", List.of("zig"));
  private static final int KILLS = 10;

  @TempDir Path dir;

  /// Keeps generations until it is killed, and says which were kept. Each stands on the one before;
  /// every third replaces all of them, as merging does.
  static final class Keeper {
    private Keeper() {}

    public static void main(String[] args) throws Exception {
      Path state = Path.of(args[0]);
      Volumes volumes = new Volumes(state);
      new VolumeSpace(volumes).sweep();
      Path home = volumes.root().resolve(KEY.name());
      for (int n = 1; ; n++) {
        Path draft = Trees.make(Trees.make(volumes.root()).resolve(VmHome.mine("new")));
        List<String> layers = new ArrayList<>();
        if (n % 3 != 0) {
          VolumeFile.read(home).ifPresent(file -> layers.addAll(file.layers()));
        }
        for (String layer : layers) {
          Files.createLink(draft.resolve(layer), home.resolve(layer));
        }
        String top = UUID.randomUUID() + ".img";
        Files.writeString(draft.resolve(top), top.repeat(2000));
        layers.add(top);
        try (Taken taken = new Taken(volumes, draft, layers)) {
          Taken.Kept kept = taken.keep(KEY, top, new StringNode(top));
          System.out.println(kept.volume().generation() + " " + top);
        }
        if (n % 4 == 0) {
          Publications publications = new Publications(volumes);
          try (Publications.Work work =
              publications.take(publications.waiting().getFirst()).orElseThrow()) {
            work.done(Map.of());
          }
        }
      }
    }
  }

  @Test
  void theLastGenerationIsWholeAndNothingIsLeft() throws Exception {
    Random random = new Random(3);
    Volumes volumes = new Volumes(dir);
    long last = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Path said = dir.resolve("said-" + kill);
      int lines = 1 + random.nextInt(40);
      Process child = Jvm.of(Keeper.class, dir.toString()).startInto(said);
      Poll.until(
          lines + " generations in " + said,
          Duration.ofMinutes(2),
          () -> lines(said).size() < lines ? Optional.empty() : Optional.of(said));
      child.destroyForcibly().waitFor();
      String line = lines(said).getLast();
      long told = Long.parseLong(line.substring(0, line.indexOf(' ')));
      assertThat(told).isGreaterThan(last);
      insistWhole(volumes, told);
      new VolumeSpace(volumes).sweep();
      last = insistWhole(volumes, told);
      insistNothingElse(volumes);
    }
  }

  private static List<String> lines(Path file) throws IOException {
    String text = Files.readString(file);
    return text.substring(0, text.lastIndexOf('\n') + 1)
        .lines()
        .filter(line -> line.endsWith(".img"))
        .toList();
  }

  /// @return the generation there is
  private static long insistWhole(Volumes volumes, long least) throws Exception {
    Path home = volumes.root().resolve(KEY.name());
    VolumeFile file = VolumeFile.read(home).orElseThrow();
    assertThat(file.generation()).isBetween(least, least + 1);
    assertThat(file.layers().getLast()).isEqualTo(file.build());
    for (String layer : file.layers()) {
      assertThat(home.resolve(layer)).hasContent(layer.repeat(2000));
    }
    Publications publications = new Publications(volumes);
    for (Publications.Waiting waiting : publications.waiting()) {
      try (Publications.Work work = publications.take(waiting).orElseThrow()) {
        Publication publication = work.publication();
        String top = publication.layers().getLast();
        assertThat(publication.about()).isEqualTo(new StringNode(top));
        for (String layer : publication.layers()) {
          assertThat(publications.files(waiting.id()).resolve(layer))
              .hasContent(layer.repeat(2000));
        }
      }
    }
    return file.generation();
  }

  private static void insistNothingElse(Volumes volumes) throws Exception {
    Path home = volumes.root().resolve(KEY.name());
    List<String> known = new ArrayList<>(VolumeFile.read(home).orElseThrow().layers());
    known.addAll(List.of(VolumeFile.NAME, "used"));
    assertThat(Trees.names(home)).containsExactlyInAnyOrderElementsOf(known);
    try (Stream<Path> all = Files.list(volumes.root())) {
      assertThat(all.map(p -> String.valueOf(p.getFileName())))
          .containsOnly(KEY.name(), ".lock", ".publish");
    }
  }
}
