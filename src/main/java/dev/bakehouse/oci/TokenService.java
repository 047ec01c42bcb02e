package dev.bakehouse.oci;

import dev.bakehouse.oci.Credentials.Login;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Asks the service a `Bearer` challenge names for a token: by GET with a user's login or none, by
/// POST with an identity token (Distribution's token and OAuth2 specifications).
///
/// @param plainHttp whether a service without TLS may be asked
record TokenService(HttpClient http, boolean plainHttp, Duration deadline) {
  /// What a token may be made of; it becomes part of a header.
  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{1,100000}");

  private static final Duration LEAST_LIFE = Duration.ofSeconds(60);
  private static final Duration LONGEST_LIFE = Duration.ofDays(1);
  private static final String CLIENT = "bakehouse";

  /// @param renewAt by the clock of [System#nanoTime]; a while before it ends
  record Token(String value, long renewAt) {
    String header() {
      return "Bearer " + value;
    }

    boolean stale() {
      return System.nanoTime() - renewAt > 0;
    }
  }

  /// @param action what the token is for, in errors
  /// @throws RegistryError.Denied when the service gives none, with what it said
  Token ask(Challenge challenge, Scopes scopes, Optional<Login> login, String action)
      throws IOException, InterruptedException {
    URI realm = realm(challenge, action);
    String service = encode(challenge.parameter("service"));
    HttpRequest request =
        login.filter(Login::isIdentityToken).isPresent()
            ? refresh(realm, service, scopes, login.get())
            : get(realm, service, scopes, login);
    HttpResponse<InputStream> response =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    Answer answer =
        new Answer(
            response.statusCode(),
            response.headers(),
            new WatchedBody(response.body(), deadline),
            realm);
    if (answer.status() == 200) {
      return token(answer.document());
    }
    if (answer.isPassing()) {
      throw answer.failing("get a token to " + action, login.isEmpty());
    }
    if (answer.status() == 400 || answer.status() == 401 || answer.status() == 403) {
      throw RegistryError.Denied.token(
          action, realm.getHost(), scopes, login.map(Login::username), answer.says());
    }
    throw answer.unexpected("get a token to " + action);
  }

  private URI realm(Challenge challenge, String action) {
    String text = challenge.parameter("realm");
    try {
      URI realm = new URI(text);
      boolean allowed =
          "https".equals(realm.getScheme()) || ("http".equals(realm.getScheme()) && plainHttp);
      if (allowed && realm.getHost() != null && realm.getRawUserInfo() == null) {
        return realm;
      }
      if ("http".equals(realm.getScheme())) {
        throw new RegistryError(
            "Could not " + action + ": its token service `" + realm + "` is not https",
            "Use --plain-http if that is meant.");
      }
    } catch (URISyntaxException e) {
      // Told below.
    }
    throw new RegistryError(
        "Could not "
            + action
            + ": the registry names no usable token service (`"
            + Answer.oneLine(text)
            + "`)",
        "Look at the registry's settings: the realm of its challenge must be an https address.");
  }

  private HttpRequest get(URI realm, String service, Scopes scopes, Optional<Login> login) {
    String query =
        scopes.all().stream()
            .sorted()
            .map(scope -> "&scope=" + encode(scope))
            .collect(Collectors.joining("", "service=" + service, ""));
    String glue = realm.getRawQuery() == null ? "?" : "&";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(realm + glue + query)).timeout(deadline);
    login.ifPresent(l -> request.header("Authorization", l.basic()));
    return request.build();
  }

  private HttpRequest refresh(URI realm, String service, Scopes scopes, Login login) {
    String form =
        "grant_type=refresh_token&client_id=%s&service=%s&scope=%s&refresh_token=%s"
            .formatted(CLIENT, service, encode(scopes.toString()), encode(login.password()));
    return HttpRequest.newBuilder(realm)
        .timeout(deadline)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(form))
        .build();
  }

  private static Token token(byte[] document) throws IOException {
    try {
      JsonNode answer = new JsonMapper().readTree(document);
      String token = answer.path("token").asString("");
      token = token.isEmpty() ? answer.path("access_token").asString("") : token;
      if (!TOKEN.matcher(token).matches()) {
        throw new IOException("the token service gave no token");
      }
      long seconds =
          Math.clamp(
              answer.path("expires_in").asLong(0),
              LEAST_LIFE.toSeconds(),
              LONGEST_LIFE.toSeconds());
      long life = Duration.ofSeconds(seconds).toNanos();
      return new Token(token, System.nanoTime() + life / 10 * 8);
    } catch (JacksonException e) {
      throw new IOException("the token service's answer is not JSON", e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
