package dev.bakehouse.oci;

import dev.bakehouse.oci.Credentials.Login;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Answers a registry's challenge: `Basic`, or `Bearer` by asking the named realm for a token.
final class Authentication {
  private static final Pattern PARAMETER = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  private final HttpClient http;
  private final Credentials credentials;
  private final boolean plainHttp;
  private volatile Optional<String> current = Optional.empty();

  Authentication(HttpClient http, Credentials credentials, boolean plainHttp) {
    this.http = http;
    this.credentials = credentials;
    this.plainHttp = plainHttp;
  }

  /// The header that worked last.
  Optional<String> header() {
    return current;
  }

  /// @return false when there is nothing better to answer than before
  boolean answer(String host, HttpHeaders challenged, String action)
      throws IOException, InterruptedException {
    Optional<Login> login = credentials.find(host);
    Optional<String> before = current;
    for (String challenge : challenged.allValues("www-authenticate")) {
      String scheme = challenge.split(" ", 2)[0].toLowerCase(Locale.ROOT);
      if (scheme.equals("bearer")) {
        current = Optional.of("Bearer " + token(parameters(challenge), login, action));
        return true;
      }
      if (scheme.equals("basic") && login.isPresent()) {
        current = login.map(Login::basic);
        return !current.equals(before);
      }
    }
    return false;
  }

  private String token(Map<String, String> challenge, Optional<Login> login, String action)
      throws IOException, InterruptedException {
    URI realm = URI.create(challenge.getOrDefault("realm", ""));
    if (!"https".equals(realm.getScheme()) && !plainHttp) {
      throw new RegistryError(
          "Could not " + action + ": its token service `" + realm + "` is not https",
          "Use --plain-http if that is meant.");
    }
    String query =
        "service="
            + encode(challenge.getOrDefault("service", ""))
            + "&scope="
            + encode(challenge.getOrDefault("scope", ""));
    String glue = realm.getQuery() == null ? "?" : "&";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(realm + glue + query)).timeout(Duration.ofSeconds(30));
    login.ifPresent(l -> request.header("Authorization", l.basic()));
    HttpResponse<byte[]> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    if (response.statusCode() == 401 || response.statusCode() == 403) {
      throw new RegistryError.Denied(action, response.statusCode(), " from its token service");
    }
    if (response.statusCode() != 200) {
      throw new IOException("the token service answered with status " + response.statusCode());
    }
    JsonNode answer = new JsonMapper().readTree(response.body());
    String token = answer.path("token").asString(answer.path("access_token").asString(""));
    if (token.isEmpty()) {
      throw new IOException("the token service gave no token");
    }
    return token;
  }

  private static Map<String, String> parameters(String challenge) {
    Map<String, String> all = new HashMap<>();
    Matcher matcher = PARAMETER.matcher(challenge);
    while (matcher.find()) {
      all.put(matcher.group(1).toLowerCase(Locale.ROOT), matcher.group(2));
    }
    return all;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
