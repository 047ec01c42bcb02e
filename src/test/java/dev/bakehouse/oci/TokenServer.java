package dev.bakehouse.oci;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import tools.jackson.databind.json.JsonMapper;

/// A token service as Distribution's specification describes it, with a key and certificate of its
/// own. `user` with `s3cret`, or with the identity token `identity`, gets what it asks for;
/// `reader` with `s3cret` only `pull`; nobody gets `pull` of repositories below `public/`.
final class TokenServer implements AutoCloseable {
  private static final String PASSWORD = "s3cret";

  /// What one request asked for.
  ///
  /// @param how `GET` or `POST`
  record Asked(String how, String user, Set<String> scopes) {}

  final Queue<Asked> asked = new ConcurrentLinkedQueue<>();
  private final HttpServer server;
  private final PrivateKey key;
  private final String certificate;
  private final Path bundle;

  private TokenServer(Path directory) throws IOException, GeneralSecurityException {
    Path store = directory.resolve("key.p12");
    Command keytool =
        Command.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    String[] access = {"-keystore", store.toString(), "-storepass", "changeit", "-alias", "k"};
    keytool
        .and("-genkeypair", "-keyalg", "RSA", "-dname", "CN=tokens", "-validity", "30")
        .and(access)
        .check();
    bundle = directory.resolve("bundle.pem");
    keytool.and("-exportcert", "-rfc", "-file", bundle.toString()).and(access).check();
    KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    key = (PrivateKey) keys.getKey("k", "changeit".toCharArray());
    certificate = Base64.getEncoder().encodeToString(keys.getCertificate("k").getEncoded());
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/token", this::serve);
    server.start();
  }

  static TokenServer start(Path directory) throws IOException, GeneralSecurityException {
    return new TokenServer(Files.createDirectories(directory));
  }

  /// Lines for the configuration of a registry that trusts it.
  String settings() {
    return """
    auth:
      token:
        realm: %s
        service: registry
        issuer: tokens
        rootcertbundle: %s
    """
        .formatted(realm(), bundle);
  }

  String realm() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
  }

  private void serve(HttpExchange exchange) throws IOException {
    boolean post = exchange.getRequestMethod().equals("POST");
    String form =
        post
            ? new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
            : exchange.getRequestURI().getRawQuery();
    Map<String, List<String>> query = parse(form);
    Optional<String> user = user(exchange, query);
    Set<String> scopes = new TreeSet<>();
    query.getOrDefault("scope", List.of()).forEach(s -> scopes.addAll(List.of(s.split(" "))));
    asked.add(new Asked(exchange.getRequestMethod(), user.orElse("?"), scopes));
    byte[] body =
        user.map(u -> token(u, scopes))
            .orElse("{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}")
            .getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(user.isPresent() ? 200 : 401, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /// Empty for wrong credentials; the empty name for none.
  private static Optional<String> user(HttpExchange exchange, Map<String, List<String>> query) {
    if (query.containsKey("refresh_token")) {
      return query.get("refresh_token").equals(List.of("identity"))
          ? Optional.of("user")
          : Optional.empty();
    }
    String header = exchange.getRequestHeaders().getFirst("Authorization");
    if (header == null) {
      return Optional.of("");
    }
    String pair =
        new String(
            Base64.getDecoder().decode(header.replace("Basic ", "")), StandardCharsets.UTF_8);
    String name = pair.substring(0, pair.indexOf(':'));
    return pair.equals(name + ":" + PASSWORD) ? Optional.of(name) : Optional.empty();
  }

  private String token(String user, Set<String> scopes) {
    List<Object> access = new ArrayList<>();
    for (String scope : scopes) {
      String[] parts = scope.split(":");
      List<String> actions = new ArrayList<>(List.of(parts[2].split(",")));
      if (!user.equals("user")) {
        actions.retainAll(
            user.equals("reader") || parts[1].startsWith("public/") ? Set.of("pull") : Set.of());
      }
      access.add(Map.of("type", parts[0], "name", parts[1], "actions", actions));
    }
    long now = Instant.now().getEpochSecond();
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.putAll(
        Map.of("iss", "tokens", "sub", user, "aud", "registry", "jti", "1", "access", access));
    claims.putAll(Map.of("iat", now, "nbf", now - 10, "exp", now + 300));
    JsonMapper json = new JsonMapper();
    String head =
        encode(
            json.writeValueAsBytes(
                Map.of("typ", "JWT", "alg", "RS256", "x5c", List.of(certificate))));
    String signed = head + "." + encode(json.writeValueAsBytes(claims));
    return json.writeValueAsString(Map.of("token", signed + "." + sign(signed), "expires_in", 300));
  }

  private String sign(String text) {
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return encode(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static Map<String, List<String>> parse(String form) {
    Map<String, List<String>> all = new LinkedHashMap<>();
    for (String pair : form.split("&")) {
      String[] parts = pair.split("=", 2);
      all.computeIfAbsent(parts[0], _ -> new ArrayList<>())
          .add(URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return all;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
