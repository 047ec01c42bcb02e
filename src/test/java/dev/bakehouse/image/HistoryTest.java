package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Jvm;
import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
  @TempDir Path dir;

  @Test
  void itTellsWhatHappenedToAnImage() throws IOException {
    ImageStore store = new ImageStore(dir.resolve("images"));
    Disks.adopt(store, dir, "a", 1 << 20, 0);
    store.pin("a", true);
    store.pin("a", true);
    LocalImage _ = store.tag("a", "b");
    store.pin("a", false);
    store.delete("a");
    store.delete("b");
    List<History.Event> events = store.history().read();
    assertThat(events)
        .extracting(e -> e.image() + " " + e.what())
        .containsExactly(
            "a imported", "a pinned", "b tagged a", "a unpinned", "a deleted", "b deleted");
    assertThat(events.getLast().bytes()).as("freed").isGreaterThanOrEqualTo(1 << 20);
    assertThat(events.get(4).bytes()).as("b has the disk").isLessThan(1 << 18);
    assertThat(events.getFirst().by()).startsWith(System.getProperty("user.name") + ": ");
  }

  @Test
  void aTornLineIsPassedOverAndTheNextOneIsWhole() throws IOException {
    History history = new History(dir);
    history.add("pulled", "a", "sha256:1", "r:1", 5);
    Files.writeString(dir.resolve("history.jsonl"), "{\"at\":\"2026-", StandardOpenOption.APPEND);
    history.add("pushed", "a", "sha256:1", "r:2", 6);
    assertThat(history.read()).extracting(History.Event::what).containsExactly("pulled", "pushed");
  }

  @Test
  void itKeepsWithinBoundsAndTheNewestStays() throws IOException {
    History history = new History(dir);
    String long1 = "x".repeat(10_000);
    for (int i = 0; i < 300; i++) {
      history.add("pulled", "image-" + i, "", long1, i);
    }
    assertThat(Files.size(dir.resolve("history.jsonl"))).isLessThan(1_100_000);
    List<History.Event> events = history.read();
    assertThat(events.getLast().image()).isEqualTo("image-299");
    assertThat(events).hasSizeGreaterThan(40);
    for (int i = 1; i < events.size(); i++) {
      assertThat(events.get(i).bytes()).isEqualTo(events.get(i - 1).bytes() + 1);
    }
  }

  @Test
  void processesThatAddAtOnceLoseNothing() {
    List<CompletableFuture<Outcome>> children = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String name = "child" + i;
      children.add(
          CompletableFuture.supplyAsync(
              () ->
                  Jvm.of(Adder.class, dir.toString(), name)
                      .deadline(Duration.ofMinutes(1))
                      .check()));
    }
    children.forEach(CompletableFuture::join);
    List<History.Event> events = new History(dir).read();
    assertThat(events).hasSize(300);
    for (int i = 0; i < 3; i++) {
      String name = "child" + i;
      assertThat(events.stream().filter(e -> e.image().equals(name)).map(History.Event::bytes))
          .isSorted()
          .hasSize(100);
    }
  }

  /// Adds a hundred events.
  static final class Adder {
    public static void main(String[] args) {
      History history = new History(Path.of(args[0]));
      for (int i = 0; i < 100; i++) {
        history.add("pulled", args[1], "", "", i);
      }
    }
  }
}
