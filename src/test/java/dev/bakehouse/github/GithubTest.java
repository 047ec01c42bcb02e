package dev.bakehouse.github;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.github.CommitStatus.State;
import dev.bakehouse.platform.UserError;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against a server that answers as
/// https://docs.github.com/en/rest/commits/statuses#create-a-commit-status says.
class GithubTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  private GithubServer server;

  @BeforeEach
  void start() throws Exception {
    server = new GithubServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void set() {
    new Github(server.api(), "secret")
        .set(
            "oven-sh/bun",
            COMMIT,
            new CommitStatus("bakehouse/linux-x64", State.SUCCESS, "x".repeat(200), ""));
  }

  @Test
  void aStatusIsSet() {
    set();
    GithubServer.Request request = server.requests.getFirst();
    assertThat(request.path()).isEqualTo("/repos/oven-sh/bun/statuses/" + COMMIT);
    assertThat(request.authorization()).isEqualTo("Bearer secret");
    assertThat(request.body().path("state").asString()).isEqualTo("success");
    assertThat(request.body().path("context").asString()).isEqualTo("bakehouse/linux-x64");
    assertThat(request.body().path("description").asString()).hasSize(140).endsWith("…");
    assertThat(request.body().has("target_url")).isFalse();
  }

  private void refused(int status, Map<String, String> headers, String remedy) {
    server.answer(status, headers, "{\"message\": \"No.\"}");
    assertThatThrownBy(this::set)
        .isInstanceOf(UserError.class)
        .hasMessage("GitHub answered " + status + " No.")
        .extracting(e -> ((UserError) e).remedy())
        .asString()
        .contains(remedy)
        .doesNotContain("secret");
  }

  @Test
  void whatAClassicTokenLacksIsNamed() {
    refused(404, Map.of("X-OAuth-Scopes", "gist, read:org"), "the scope repo:status");
    refused(404, Map.of("X-OAuth-Scopes", "gist, read:org"), "It has gist, read:org.");
    refused(403, Map.of("X-OAuth-Scopes", ""), "It has no scope.");
  }

  @Test
  void whatAFineGrainedTokenLacksIsNamed() {
    refused(
        403,
        Map.of("X-Accepted-GitHub-Permissions", "statuses=write"),
        "lacks the permission statuses=write, or it is not for that repository.");
  }

  @Test
  void whatATokenOfAnUnknownKindLacksIsNamed() {
    refused(404, Map.of(), "the scope repo:status (repo, if oven-sh/bun is private), or");
    refused(401, Map.of(), "make another one");
    refused(422, Map.of(), "has the commit " + COMMIT);
  }

  @Test
  void aServerThatFailsForAMomentIsAskedAgain() {
    server.once(502);
    set();
    assertThat(server.requests).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "https://api.github.com, https://github.com/oven-sh/bun.git, oven-sh/bun",
    "https://api.github.com, git@github.com:oven-sh/bun.git, oven-sh/bun",
    "https://api.github.com, ssh://git@GitHub.com:22/oven-sh/bun, oven-sh/bun",
    "https://api.github.com, https://x:token@github.com/oven-sh/bun/, oven-sh/bun",
    "https://git.example.org/api/v3, https://git.example.org/a/b.c, a/b.c",
    "https://api.github.com, https://git.example.org/a/b,",
    "https://api.github.com, https://github.com.example.org/a/b,",
    "https://api.github.com, https://github.com/a/b/c,",
    "https://api.github.com, /srv/git/github.com/a,",
    "https://api.github.com, https://github.com/../x,",
  })
  void theRepositoryStandsInItsAddress(URI api, String address, String repository) {
    assertThat(Github.repository(api, address).orElse(null)).isEqualTo(repository);
  }
}
