package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Sources where no coordinator can be asked.
class LatestSavedTest {
  private static final Step STEP = Step.parse("build");
  private static final Scope MAIN = Scope.parse("p/main", "linux-x64-release");
  private static final Scope FEATURE = Scope.parse("p/feature", "linux-x64-release");
  private static final List<Kind> ALL =
      List.of(Kind.CCACHE, Kind.ZIG_LOCAL, Kind.ZIG_GLOBAL, Kind.BUN);

  @TempDir Path dir;
  private SnapshotStore store;

  @BeforeEach
  void open() {
    store = new SnapshotStore(new DirectoryStore(dir.resolve("store")));
  }

  /// An empty cache is not saved, so a step that leaves one empty never has all of them.
  @Test
  void whatWasNeverSavedKeepsNoOtherFromBeingRestored() throws IOException {
    save(MAIN, "b1", Kind.CCACHE);
    assertThat(restored(ALL)).isEqualTo("b1 ccache");

    save(FEATURE, "b2", Kind.CCACHE, Kind.ZIG_LOCAL);
    assertThat(restored(ALL)).as("one of Zig's is of no use").isEqualTo("b2 ccache");

    save(MAIN, "b3", Kind.CCACHE, Kind.ZIG_LOCAL, Kind.ZIG_GLOBAL, Kind.BUN);
    assertThat(restored(ALL)).as("all there").isEqualTo("b3 ccache zig-local zig-global bun");
  }

  @Test
  void halfOfZigsCachesIsNone() throws IOException {
    save(MAIN, "b1", Kind.ZIG_LOCAL);
    Selection none = select(List.of(Kind.ZIG_LOCAL, Kind.ZIG_GLOBAL));

    assertThat(none.source()).isEmpty();
    assertThat(none.summary()).endsWith("build b1: it saved no zig-global");
  }

  private Selection select(List<Kind> kinds) {
    return new LatestSaved(store, List.of(FEATURE, MAIN), "", "").select(STEP, kinds);
  }

  private String restored(List<Kind> kinds) {
    Selection selection = select(kinds);
    StringBuilder all = new StringBuilder(selection.source().orElse("none"));
    kinds.stream()
        .filter(kind -> selection.archive(kind).isPresent())
        .forEach(kind -> all.append(' ').append(kind.name()));
    return all.toString();
  }

  private void save(Scope scope, String build, Kind... kinds) throws IOException {
    for (Kind kind : kinds) {
      Path cache = Files.createDirectories(dir.resolve(build).resolve(kind.name()));
      Files.writeString(cache.resolve("x"), build + kind.name());
      new HostDirectory(cache)
          .save(store, new Address(scope, build, STEP.text(), kind), List.of(), true);
    }
  }
}
