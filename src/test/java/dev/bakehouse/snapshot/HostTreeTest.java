package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostTreeTest {
  @TempDir Path dir;

  @Test
  void forgetsWhatWasVisitedSoThatMemoryDoesNotGrowWithTheTree() throws Exception {
    for (String name : List.of("a/first", "a/second", "b/third", "c")) {
      Files.createDirectories(dir.resolve(name).getParent());
      Files.writeString(dir.resolve(name), "x");
    }
    List<String> paths = new ArrayList<>();
    List<WeakReference<Node>> nodes = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    new HostTree(dir, p -> false)
        .list(
            node -> {
              paths.add(node.path());
              nodes.add(new WeakReference<>(node));
              if (node.path().equals("c")) {
                System.gc();
                nodes.stream().map(WeakReference::get).forEach(n -> kept.add(path(n)));
              }
            });
    assertThat(paths).containsExactly("", "a", "a/first", "a/second", "b", "b/third", "c");
    assertThat(kept).doesNotContain("a/first", "a/second", "b/third");
  }

  private static String path(Node node) {
    return node == null ? "" : node.path();
  }
}
