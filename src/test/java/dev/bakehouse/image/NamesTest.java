package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {
  private static final Version VERSION = new Version("1.2.14", "CMakeLists.txt");

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({
    "https://github.com/oven-sh/bun.git, oven-sh/bun",
    "https://github.com/oven-sh/bun, oven-sh/bun",
    "https://user@github.com/Oven-SH/Bun/, oven-sh/bun",
    "git@github.com:oven-sh/bun.git, oven-sh/bun",
    "git@github.com:oven-sh/bun, oven-sh/bun",
    "ssh://git@github.com:22/oven-sh/bun.js.git, oven-sh/bun.js",
  })
  void theRemoteNameComesFromTheGitRemote(String url, String expected) {
    Names names = Names.of(config("arch: arm64"), VERSION, Optional.of(url));
    assertThat(names.local()).isEqualTo("bun-build-macos-1.2.14");
    assertThat(names.remote()).hasToString("ghcr.io/" + expected + "/bun-build-macos:1.2.14");
    assertThat(names.latest()).hasToString("ghcr.io/" + expected + "/bun-build-macos:latest");
  }

  @Test
  void anotherReleaseOrArchitectureIsInTheName() {
    Names older =
        Names.of(config("{arch: arm64, release: 14, org: o, repo: r}"), VERSION, Optional.empty());
    assertThat(older.local()).isEqualTo("bun-build-macos-14-arm64-1.2.14");
    assertThat(older.remote()).hasToString("ghcr.io/o/r/bun-build-macos-14-arm64:1.2.14");
    Names intel = Names.of(config("{arch: amd64, org: o, repo: r}"), VERSION, Optional.empty());
    assertThat(intel.local()).isEqualTo("bun-build-macos-15-amd64-1.2.14");
  }

  @Test
  void aLayoutNeedsNoOrganisation() {
    Names names =
        Names.of(
            config("{arch: arm64, name: vm, registry: 'oci:/x/y'}"), VERSION, Optional.empty());
    assertThat(names.remote()).hasToString("oci:/x/y/vm:1.2.14");
  }

  @Test
  void withoutRemoteOrConfigurationTheErrorNamesTheKey() {
    assertThatThrownBy(() -> Names.of(config("arch: arm64"), VERSION, Optional.empty()))
        .isInstanceOfSatisfying(UserError.class, e -> assertThat(e.remedy()).contains("org"));
  }

  @Test
  void theReleasePicksTheBase() {
    assertThat(config("release: 13").baseName()).contains("macos-ventura-base:latest");
    assertThat(config("release: 14").baseName()).contains("macos-sonoma-base:latest");
    assertThat(config("release: 15").baseName())
        .isEqualTo("ghcr.io/cirruslabs/macos-sequoia-base:latest");
    assertThatThrownBy(() -> config("release: 12")).hasMessageContaining("13 to 15");
  }

  @Test
  void onlyTheDefaultBranchWritesVersionAndLatest() {
    Names names = Names.of(config("{arch: arm64, org: o, repo: r}"), VERSION, Optional.empty());
    String identity = "0123456789abcdef".repeat(4);
    assertThat(names.tags(Branch.MAIN, identity)).containsExactly("1.2.14", "latest");
    assertThat(names.tags(Branch.OTHER, identity)).containsExactly("1.2.14-0123456789ab");
    assertThat(names.tags(Branch.FORK, identity)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "main, false, '', MAIN",
    "trunk, false, '', OTHER",
    "main, 12, git@github.com:o/r.git, OTHER",
    "main, 12, https://github.com/someone/r, FORK",
    "fix, 12, https://github.com/o/r, OTHER",
  })
  void buildkiteSaysWhatBranchItIs(String branch, String pull, String repo, Branch expected) {
    Map<String, String> environment =
        Map.of(
            "BUILDKITE_BRANCH", branch,
            "BUILDKITE_PULL_REQUEST", pull,
            "BUILDKITE_PULL_REQUEST_REPO", repo,
            "BUILDKITE_REPO", "https://github.com/o/r.git",
            "BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main");
    assertThat(Branch.of(environment, new Checkout(dir))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"BUILDKITE_TAG, main", "BUILDKITE_SOURCE, trigger_job"})
  void aTagsBuildAndATriggeredOneAreNotMains(String variable, String value) {
    Map<String, String> environment = Map.of("BUILDKITE_BRANCH", "main", variable, value);
    assertThat(Branch.of(environment, new Checkout(dir))).isEqualTo(Branch.OTHER);
  }

  @Test
  void theVersionIsFoundInOrder() throws IOException {
    Checkout checkout = new Checkout(dir);
    git("init", "-q", "-b", "main");
    assertThatThrownBy(() -> Version.of(checkout)).hasMessageContaining("Could not tell");
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x");
    assertThat(Version.of(checkout).source()).isEqualTo("git commit");
    git("tag", "bun-v1.0.3");
    assertThat(Version.of(checkout)).isEqualTo(new Version("1.0.3", "git tag"));
    Files.writeString(dir.resolve("package.json"), "{\"version\":\"1.1.0+x\"}");
    assertThat(Version.of(checkout)).isEqualTo(new Version("1.1.0-x", "package.json"));
    Files.writeString(
        dir.resolve("CMakeLists.txt"), "# set(Bun_VERSION \"0\")\nset(Bun_VERSION \"1.2.14\")\n");
    assertThat(Version.of(checkout)).isEqualTo(VERSION);
    assertThat(Branch.of(Map.of(), checkout)).isEqualTo(Branch.MAIN);
  }

  @Test
  void identityIsContentNotVersion() throws IOException {
    Files.writeString(dir.resolve("boot.sh"), "a");
    Files.createDirectories(dir.resolve("in"));
    Files.writeString(dir.resolve("in/x"), "x");
    Identity first = identity("sha256:b1");
    assertThat(identity("sha256:b1")).isEqualTo(first);
    assertThat(identity("sha256:b2").hex()).isNotEqualTo(first.hex());
    Files.writeString(dir.resolve("in/x"), "y");
    assertThat(identity("sha256:b1").hex()).isNotEqualTo(first.hex());
    Files.writeString(dir.resolve("in/x"), "x");
    Files.writeString(dir.resolve("boot.sh"), "b");
    assertThat(identity("sha256:b1").hex()).isNotEqualTo(first.hex());
    assertThatThrownBy(() -> Identity.of(dir, Optional::empty, "boot.sh", List.of("no")))
        .isInstanceOf(UserError.class);
  }

  private Identity identity(String base) {
    return Identity.of(dir, () -> Optional.of(base), "boot.sh", List.of("in"));
  }

  private void git(String... arguments) {
    Command.of("git").and(arguments).in(dir).check();
  }

  private static ImageConfig config(String yaml) {
    String inner = yaml.startsWith("{") ? yaml : "{" + yaml + "}";
    return ImageConfig.read(Yaml.parse("bakehouse.yml", "image: " + inner).section("image"));
  }
}
