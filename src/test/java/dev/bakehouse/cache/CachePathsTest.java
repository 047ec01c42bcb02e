package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CachePathsTest {
  private static final Path ROOT = Path.of("/caches");

  @Test
  void ordinaryNamesStayReadable() {
    assertThat(CachePaths.cachePath(ROOT, "bun", "main", "linux-x64-release"))
        .isEqualTo(Path.of("/caches/bun-main/linux-x64-release"));
    assertThat(CachePaths.cachePath(ROOT, "bun", "fix-the-thing_2.0", "linux-x64-release"))
        .isEqualTo(Path.of("/caches/bun-fix-the-thing_2.0/linux-x64-release"));
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, linux-x64-release",
    "Mac OS X, aarch64, darwin-aarch64-release",
    "darwin, arm64, darwin-aarch64-release",
  })
  void platformsHaveOneSpelling(String os, String arch, String platform) {
    assertThat(CachePaths.platform(os, arch, Map.of())).isEqualTo(platform);
    assertThat(CachePaths.platform(os, arch, Map.of("CMAKE_BUILD_TYPE", "Debug")))
        .isEqualTo(platform.replace("release", "debug"));
  }

  @Test
  void namesMadeToCollideDoNot() {
    String hashed = SafeName.of("a/b");
    List<String> names =
        List.of(
            "a/b",
            "a-b",
            "a\\b",
            "a b",
            "A-b",
            "a-B",
            "a:b",
            "á-b",
            "a--b",
            "..",
            ".",
            "",
            "-a",
            ".a",
            "a.",
            "x",
            hashed,
            SafeName.of(hashed),
            "a".repeat(80),
            "a".repeat(81),
            "a".repeat(300),
            "main",
            "MAIN",
            "Main");

    Set<String> safe = new HashSet<>();
    names.forEach(name -> safe.add(SafeName.of(name).toLowerCase(Locale.ROOT)));

    assertThat(safe).hasSize(names.size());
  }

  @Test
  void repositoryAndBranchDoNotRunIntoEachOther() {
    assertThat(CachePaths.cachePath(ROOT, "a-b", "c", "p"))
        .isNotEqualTo(CachePaths.cachePath(ROOT, "a", "b-c", "p"));
    assertThat(CachePaths.cachePath(ROOT, "Bun", "x", "p"))
        .isNotEqualTo(CachePaths.cachePath(ROOT, "bun", "x", "p"));
  }

  /// Every text its own segment, on file systems that ignore case too.
  @Test
  void randomNamesNeverCollide() {
    Random random = new Random(20261122);
    String alphabet = "aAbB-_./\\ :é~019";
    Map<String, String> seen = new HashMap<>();
    for (int i = 0; i < 40_000; i++) {
      StringBuilder name = new StringBuilder();
      for (int length = random.nextInt(1, 7); length > 0; length--) {
        name.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String safe = SafeName.of(name.toString());

      assertThat(safe).matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");
      String before = seen.put(safe.toLowerCase(Locale.ROOT), name.toString());
      assertThat(before).as("shares %s", safe).isIn(null, name.toString());
    }
  }
}
