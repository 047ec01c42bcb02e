package dev.bakehouse.github;

import dev.bakehouse.platform.Attempts;
import dev.bakehouse.platform.HttpClients;
import dev.bakehouse.platform.Patience;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.ServerMessage;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/// The part of GitHub's REST API that sets the statuses of commits.
public final class Github {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Patience PATIENCE =
      new Patience(3, Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(20));

  /// `https://HOST/OWNER/NAME`, `git@HOST:OWNER/NAME`, `ssh://git@HOST:22/OWNER/NAME`.
  private static final Pattern REPOSITORY =
      Pattern.compile(
          "(?:[a-z+]+://)?(?:[^/@]*@)?([^/:@]+)(?::[0-9]+)?[:/](\\w[\\w-]*)/([\\w.-]+?)(?:\\.git)?/?");

  private final URI api;
  private final String token;
  private final HttpClient http =
      HttpClients.build(
          HttpClient.newBuilder().connectTimeout(ANSWER).version(HttpClient.Version.HTTP_1_1));

  /// @param api base address; the token is sent there and nowhere else
  public Github(URI api, String token) {
    this.api = api;
    this.token = token;
  }

  /// `OWNER/NAME` of a repository's address; empty when it is not on the server of this API.
  public static Optional<String> repository(URI api, String address) {
    Matcher matcher = REPOSITORY.matcher(address.strip());
    String server = String.valueOf(api.getHost()).toLowerCase(Locale.ROOT);
    boolean here =
        matcher.matches()
            && matcher.group(1).toLowerCase(Locale.ROOT).equals(server.replaceFirst("^api\\.", ""));
    return here ? Optional.of(matcher.group(2) + "/" + matcher.group(3)) : Optional.empty();
  }

  /// Sets a status.
  ///
  /// @param repository `OWNER/NAME`
  /// @param commit its full name
  /// @throws UserError with what GitHub said, and which scope or permission the token lacks
  public void set(String repository, String commit, CommitStatus status) {
    String base = api.toString().replaceFirst("/+$", "");
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + "/repos/" + repository + "/statuses/" + commit))
            .timeout(ANSWER)
            .header("Authorization", "Bearer " + token)
            .header("Accept", "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28")
            .header("Content-Type", "application/json")
            .header("User-Agent", "bakehouse")
            .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(status)))
            .build();
    Attempts attempts = new Attempts(PATIENCE, "set a commit status");
    UserError trouble;
    do {
      try {
        HttpResponse<byte[]> answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() == 201) {
          return;
        }
        trouble = refused(repository, commit, answer);
        if (answer.statusCode() < 500 && answer.statusCode() != 429) {
          throw trouble;
        }
      } catch (IOException e) {
        trouble =
            new UserError(
                request.uri() + " did not answer: " + Reason.of(e),
                "Check `github.api` and the host's network.",
                e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new UserError(request.uri() + " was interrupted", "Retry the job.", e);
      }
    } while (attempts.again(Optional.empty()));
    throw trouble;
  }

  private static UserError refused(String repository, String commit, HttpResponse<byte[]> answer) {
    int status = answer.statusCode();
    String remedy =
        switch (status) {
          case 401 -> "The token is wrong or has run out: make another one.";
          case 403, 404 -> lacks(repository, answer.headers());
          case 422 -> "Check that " + repository + " has the commit " + commit + ".";
          default -> "Retry the job.";
        };
    return new UserError(
        "GitHub answered " + status + " " + ServerMessage.of(answer.body()), remedy);
  }

  /// A classic token's scopes, or the permission that a fine-grained one must have, stand in the
  /// headers of the refusal. To a token that may not see a private repository it is not there.
  private static String lacks(String repository, HttpHeaders headers) {
    Optional<String> scopes = headers.firstValue("X-OAuth-Scopes");
    Optional<String> permissions = headers.firstValue("X-Accepted-GitHub-Permissions");
    String has = scopes.map(s -> " It has " + (s.isBlank() ? "no scope" : s) + ".").orElse("");
    return "The token lacks "
        + (scopes.isPresent() || permissions.isEmpty()
            ? "the scope repo:status (repo, if " + repository + " is private)"
            : "the permission " + permissions.get())
        + (scopes.isPresent() || permissions.isPresent()
            ? ""
            : ", or, if it is fine-grained, the permission statuses=write")
        + ", or it is not for that repository."
        + has;
  }
}
