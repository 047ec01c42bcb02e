package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTest {
  private static final String PLATFORM = "linux-x64-release";

  @Test
  void aBranchReadsItsOwnThenMainAndWritesItsOwn() {
    Access access = access(Map.of("BUILDKITE_BRANCH", "feature"));

    assertThat(reads(access)).containsExactly("feature", "main");
    assertThat(writes(access)).isEqualTo("feature");
  }

  @Test
  void mainIsReadOnce() {
    Access access = access(Map.of("BUILDKITE_BRANCH", "main"));

    assertThat(reads(access)).containsExactly("main");
    assertThat(writes(access)).isEqualTo("main");
  }

  @Test
  void theDefaultBranchMayHaveAnotherName() {
    Access access =
        access(Map.of("BUILDKITE_BRANCH", "feature", "BUILDKITE_PIPELINE_DEFAULT_BRANCH", "trunk"));

    assertThat(reads(access)).containsExactly("feature", "trunk");
  }

  @Test
  void aPullRequestReadsItsOwnThenItsBaseThenMainAndWritesOnlyItsOwn() {
    Access access =
        access(
            Map.of(
                "BUILDKITE_BRANCH", "feature",
                "BUILDKITE_PULL_REQUEST", "12",
                "BUILDKITE_PULL_REQUEST_BASE_BRANCH", "release/1.2",
                "BUILDKITE_PULL_REQUEST_REPO", "git@github.com:oven-sh/bun",
                "BUILDKITE_REPO", "https://github.com/oven-sh/bun.git"));

    assertThat(reads(access)).containsExactly("pull:12", "feature", "release/1.2", "main");
    assertThat(writes(access)).isEqualTo("pull:12");
  }

  @ParameterizedTest
  @CsvSource({
    "main,         https://github.com/mallory/bun.git",
    "feature,      git@github.com:mallory/bun.git",
    "mallory:main, https://github.com/oven-sh/bun.git",
    "mallory:main, ''",
  })
  void aForkOnlyReadsAndItsBranchIsNotOurs(String branch, String repository) {
    Access access =
        access(
            Map.of(
                "BUILDKITE_BRANCH", branch,
                "BUILDKITE_PULL_REQUEST", "13",
                "BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main",
                "BUILDKITE_PULL_REQUEST_REPO", repository,
                "BUILDKITE_REPO", "https://github.com/oven-sh/bun.git"));

    assertThat(reads(access)).containsExactly("pull:13", "main");
    assertThat(access.writes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "BUILDKITE_TAG, main",
    "BUILDKITE_SOURCE, trigger_job",
    "BUILDKITE_TRIGGERED_FROM_BUILD_ID, b",
  })
  void whatIsCalledMainAndMayBeAnotherCommitOnlyReads(String variable, String value) {
    Access access = access(Map.of("BUILDKITE_BRANCH", "main", variable, value));

    assertThat(reads(access)).containsExactly("main");
    assertThat(access.writes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"12345678901", "007", "true", "12 ", "0"})
  void aPullRequestOfAnOddNumberIsNoBranch(String number) {
    Access access = access(Map.of("BUILDKITE_BRANCH", "main", "BUILDKITE_PULL_REQUEST", number));

    assertThat(access.writes()).isEmpty();
  }

  @Test
  void organizationsDoNotMeet() {
    Scope one = access(Map.of("BUILDKITE_ORGANIZATION_SLUG", "a")).writes().orElseThrow();
    Scope other = access(Map.of("BUILDKITE_ORGANIZATION_SLUG", "b")).writes().orElseThrow();

    assertThat(one.key()).isNotEqualTo(other.key());
  }

  @Test
  void noBranchNameLandsInAPullRequestsScope() {
    Scope pull = new Scope("p", new Scope.Pull(7), PLATFORM);

    assertThat(Scope.parse("p/pull:7", PLATFORM)).isEqualTo(pull);
    for (String branch : List.of("pull/7", "7", "pull-7", "pull:07")) {
      Scope named = Scope.parse("p/" + branch, PLATFORM);
      assertThat(named.ref()).isEqualTo(new Scope.Branch(branch));
      assertThat(named.key()).isNotEqualTo(pull.key());
    }
  }

  @ParameterizedTest
  @CsvSource({"main", "/main", "p/", "''"})
  void aScopeNeedsBothParts(String text) {
    assertThatThrownBy(() -> Scope.parse(text, PLATFORM))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("`" + text + "`");
  }

  private static Access access(Map<String, String> env) {
    Map<String, String> all = new HashMap<>(env);
    all.putIfAbsent("BUILDKITE_PIPELINE_SLUG", "bun");
    all.putIfAbsent("BUILDKITE_BRANCH", "main");
    return Access.of(JobIdentity.of(all), PLATFORM);
  }

  private static List<String> reads(Access access) {
    return access.reads().stream().map(r -> r.scope().ref().text()).toList();
  }

  private static String writes(Access access) {
    return access.writes().orElseThrow().ref().text();
  }
}
