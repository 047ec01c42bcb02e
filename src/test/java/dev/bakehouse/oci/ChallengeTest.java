package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChallengeTest {
  @Test
  void readsParametersInAnyOrderQuotedOrNot() {
    assertThat(
            one(
                "Bearer scope=\"repository:a/b:pull,push\" , Service=registry.example,realm=\"https://t/x?y=z\""))
        .isEqualTo(
            new Challenge(
                "bearer",
                Map.of(
                    "realm", "https://t/x?y=z",
                    "service", "registry.example",
                    "scope", "repository:a/b:pull,push")));
  }

  @Test
  void readsEscapesInQuotedText() {
    assertThat(one("Basic realm=\"say \\\"hi\\\", \\\\ then\"").parameter("realm"))
        .isEqualTo("say \"hi\", \\ then");
  }

  @Test
  void readsSeveralChallengesOfOneHeaderAndOfSeveral() {
    assertThat(
            Challenge.parse(
                List.of(
                    "Negotiate, Digest realm=\"a, Basic b\", nonce=x , Basic realm=\"c\"",
                    "NTLM dG9rZW4=, BEARER realm=\"https://t\",error=\"insufficient_scope\"")))
        .extracting(Challenge::scheme)
        .containsExactly("negotiate", "digest", "basic", "ntlm", "bearer");
  }

  @Test
  void whatIsBrokenEndsItsHeaderOnly() {
    assertThat(Challenge.parse(List.of("Bearer realm=\"never ends", "Basic realm=x")))
        .containsExactly(
            new Challenge("bearer", Map.of()), new Challenge("basic", Map.of("realm", "x")));
    assertThat(Challenge.parse(List.of("", " , ,", "=\"x\"", "\u0000"))).isEmpty();
  }

  @Test
  void theFirstOfTwoEqualParametersCounts() {
    assertThat(one("Bearer realm=\"a\",REALM=\"b\"").parameter("realm")).isEqualTo("a");
  }

  private static Challenge one(String header) {
    List<Challenge> all = Challenge.parse(List.of(header));
    assertThat(all).hasSize(1);
    return all.getFirst();
  }
}
