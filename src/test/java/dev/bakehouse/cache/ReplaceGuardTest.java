package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which directories count as caches that nothing is noted of.
class ReplaceGuardTest {
  private static final Kind GEMS = Kind.directory("gems", "gems");

  @TempDir Path dir;

  @Test
  void eachKindKnowsItsOwnLayout() throws IOException {
    Map<Kind, List<String>> layouts =
        Map.of(
            Kind.CCACHE,
            List.of("0", "f", "tmp", "ccache.conf", "CACHEDIR.TAG", "inode-cache-32.v2"),
            Kind.ZIG_LOCAL,
            List.of("h", "o", "z", "tmp", "b"),
            Kind.BUN,
            List.of("react", "react@19.0.0@@@1", "@types", "0123abcd.npm"),
            GEMS,
            List.of());
    for (Map.Entry<Kind, List<String>> each : layouts.entrySet()) {
      Kind kind = each.getKey();
      Path cache = Files.createDirectories(dir.resolve(kind.name()));
      for (String name : each.getValue()) {
        Files.createDirectory(cache.resolve(name));
      }
      assertThatCode(() -> ReplaceGuard.check(cache, kind, false)).doesNotThrowAnyException();
      Files.createDirectory(cache.resolve("src"));
      assertThatThrownBy(() -> ReplaceGuard.check(cache, kind, false))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("it holds `src`, which nothing tells to be of a " + kind.name());
    }
  }

  @Test
  void aStepEmptiesNoDirectoryThatIsNoCache() throws IOException {
    Path file = dir.resolve("zig/local/src/main.zig");
    Files.writeString(Files.createDirectories(file.getParent()).resolve("main.zig"), "x");

    assertThatThrownBy(() -> new StepDirectory(dir).empty(Kind.ZIG_LOCAL))
        .isInstanceOf(UserError.class);

    assertThat(file).hasContent("x");
  }
}
