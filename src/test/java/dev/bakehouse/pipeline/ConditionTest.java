package dev.bakehouse.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Conditions by the documentation (https://buildkite.com/docs/pipelines/configure/conditionals).
class ConditionTest {
  private static final Condition.Facts FACTS =
      new Condition.Facts() {
        private final Map<String, Object> values =
            Map.of(
                "build.branch",
                "feature/api",
                "build.message",
                "Fix it [Skip Tests]",
                "build.number",
                12,
                "build.creator.teams",
                List.of("deploy", "all"),
                "build.pull_request.draft",
                true,
                "pipeline.default_branch",
                "main");

        @Override
        public @Nullable Object value(String name) {
          return values.get(name);
        }

        @Override
        public @Nullable String env(String name) {
          return name.equals("MODE") ? "fast" : null;
        }
      };

  @ParameterizedTest
  @ValueSource(
      strings = {
        "build.branch == \"main\" || build.branch == 'feature/api'",
        "build.branch != pipeline.default_branch",
        "build.branch =~ /^feature\\//",
        "build.branch =~ /\\/api$/",
        "build.message =~ /\\[skip tests\\]/i",
        "build.message !~ /\\[skip tests\\]/",
        "build.tag == null && null == build.tag",
        "build.tag !~ /x/",
        "!(build.tag =~ /x/)",
        "build.env(\"MODE\") == \"fast\" && build.env('OTHER') == null",
        "build.creator.teams includes \"deploy\"",
        "build.creator.teams includes /^dep/",
        "[\"main\", 'feature/api'] includes build.branch",
        "!(build.author.teams includes \"deploy\")",
        "build.pull_request.draft && !build.pull_request.repository.fork",
        "build.number == 12",
        "build.tag != null ? false : true",
        "false ? false : false ? false : true",
        "// a comment\n  true // and one more",
        "true || false && false",
        "!!true && 'it\\'s' == \"it's\"",
        "build.env(\"BUILDKITE_BRANCH\") == null",
      })
  void holds(String text) {
    assertThat(Condition.parse(text).holds(FACTS)).isTrue();
    assertThat(
            Condition.parse("!(" + text.lines().reduce("", (a, b) -> a + b + "\n") + ")")
                .holds(FACTS))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          build.brnch == "x"          | asks for `build.brnch`, which is no variable of conditions
          step.outcome == "passed"    | asks for `step.outcome`
          build.branch == main        | asks for `main`
          build.branch                | is a text, not a condition
          build.branch && true        | has a text where it wants true or false
          build.branch == 1           | compares a text with a number
          build.branch =~ "main"      | has a text behind `=~`
          build.branch == /x/         | compares a text with a pattern
          build.branch =~ /x/g        | has `g` behind a pattern
          build.branch =~ /(/         | has no regular expression in /(/
          build.branch includes "x"   | has a text where it wants a list
          build.branch = "x"          | has `=` at character 14
          $BRANCH == "x"              | has `$` at character 1
          build.branch == "x          | has a `"` at character 17 that nothing closes
          (true                       | has its end at character 6, where `)` belongs
          true true                   | has `true` at character 6, where the end belongs
          length(build.branch) == 1   | calls `length`, which is no function
          build.env(MODE) == "x"      | has `MODE` at character 11
          env("BUILDKITE_AGENT_ACCESS_TOKEN") == null | which no condition can see
          """)
  void whatIsNoConditionIsSaid(String text, String message) {
    assertThatThrownBy(() -> Condition.parse(text))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(message);
  }

  @Test
  void aPatternThatNeverEndsIsGivenUp() {
    Condition condition = Condition.parse("build.commit !~ /^(a|aa)+\\1$/");
    Condition.Facts facts =
        new Condition.Facts() {
          @Override
          public Object value(String name) {
            return "a".repeat(60) + "b";
          }

          @Override
          public @Nullable String env(String name) {
            return null;
          }
        };
    assertThatThrownBy(() -> condition.holds(facts)).hasMessageContaining("takes too long");
    assertThatThrownBy(() -> Condition.parse("!(".repeat(500) + "true" + ")".repeat(500)))
        .hasMessageContaining("too deep");
  }

  @Test
  void conditionsOfOneUploadHaveOneBudget() {
    Condition condition = Condition.parse("build.commit =~ /[b]c/");
    SafePattern.Budget budget = new SafePattern.Budget();
    Condition.Facts facts =
        new Condition.Facts() {
          @Override
          public Object value(String name) {
            return "a".repeat(1_000_000);
          }

          @Override
          public @Nullable String env(String name) {
            return null;
          }

          @Override
          public SafePattern.Budget budget() {
            return budget;
          }
        };
    assertThat(condition.holds(facts)).isFalse();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 100; i++) {
                condition.holds(facts);
              }
            })
        .hasMessageContaining("takes too long");
  }
}
