package dev.bakehouse.oci;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Where registry credentials are looked for, in this order: `TART_REGISTRY_USERNAME` and
/// `TART_REGISTRY_PASSWORD` (for `TART_REGISTRY_HOSTNAME` only, when that is set), docker's
/// `config.json` with its helpers, and a token file with a user file, for the hosts they belong to.
///
/// @param tokenHosts the only hosts that are ever shown the token of the file
public record Credentials(
    Map<String, String> environment,
    Path dockerConfig,
    Path tokenFile,
    Path usernameFile,
    List<String> tokenHosts) {
  private static final JsonMapper JSON = new JsonMapper();

  /// A name and a password or token; never printed. The name `<token>` says that the password is an
  /// identity token, which only a token service takes.
  public record Login(String username, String password) {
    static final String IDENTITY = "<token>";

    boolean isIdentityToken() {
      return username.equals(IDENTITY);
    }

    String basic() {
      String pair = username + ":" + password;
      return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
      return "Login[" + username + "]";
    }
  }

  /// Those of this process: its environment, the user's docker configuration,
  /// `/tmp/github-token.txt` with `/tmp/github-username.txt` for ghcr.io.
  public static Credentials ofProcess() {
    Map<String, String> environment = System.getenv();
    String docker = environment.get("DOCKER_CONFIG");
    Path directory =
        docker == null ? Path.of(System.getProperty("user.home"), ".docker") : Path.of(docker);
    return new Credentials(
        environment,
        directory.resolve("config.json"),
        Path.of("/tmp/github-token.txt"),
        Path.of("/tmp/github-username.txt"),
        List.of("ghcr.io"));
  }

  public Optional<Login> find(String host) {
    return fromEnvironment(host).or(() -> fromDocker(host)).or(() -> fromFiles(host));
  }

  /// These without what is not bound to a host by name: for a host that others chose.
  Credentials boundToHosts() {
    boolean bound = !environment.getOrDefault("TART_REGISTRY_HOSTNAME", "").isEmpty();
    return bound
        ? this
        : new Credentials(Map.of(), dockerConfig, tokenFile, usernameFile, tokenHosts);
  }

  private Optional<Login> fromEnvironment(String host) {
    String username = environment.getOrDefault("TART_REGISTRY_USERNAME", "");
    String password = environment.getOrDefault("TART_REGISTRY_PASSWORD", "");
    String only = environment.getOrDefault("TART_REGISTRY_HOSTNAME", "");
    boolean fits = only.isEmpty() || only.equals(host);
    return username.isEmpty() || password.isEmpty() || !fits
        ? Optional.empty()
        : Optional.of(new Login(username, password));
  }

  private Optional<Login> fromFiles(String host) {
    if (!tokenHosts.contains(host) || !Files.isReadable(tokenFile)) {
      return Optional.empty();
    }
    try {
      String token = Files.readString(tokenFile).strip();
      String username = Files.exists(usernameFile) ? Files.readString(usernameFile).strip() : "";
      return token.isEmpty()
          ? Optional.empty()
          : Optional.of(new Login(username.isEmpty() ? "token" : username, token));
    } catch (IOException e) {
      throw new UserError(
          "Could not read the registry token in " + tokenFile, "Check the file's mode.", e);
    }
  }

  private Optional<Login> fromDocker(String host) {
    if (!Files.isReadable(dockerConfig)) {
      return Optional.empty();
    }
    try {
      JsonNode config = JSON.readTree(Files.readAllBytes(dockerConfig));
      String own = config.path("credHelpers").path(host).asString("");
      if (!own.isEmpty()) {
        return fromHelper(own, host);
      }
      for (String prefix : List.of("", "https://", "http://")) {
        for (String suffix : List.of("", "/", "/v1/", "/v2/")) {
          Optional<Login> entry = entry(config.path("auths").path(prefix + host + suffix));
          if (entry.isPresent()) {
            return entry;
          }
        }
      }
      String store = config.path("credsStore").asString("");
      return store.isEmpty() ? Optional.empty() : fromHelper(store, host);
    } catch (IOException | JacksonException | IllegalArgumentException e) {
      throw new UserError(
          "Could not read registry credentials from " + dockerConfig,
          "Run `docker login` again, or remove the file.",
          e);
    }
  }

  /// An entry of `auths`: `auth` (name and password in base64), or the two apart, or a token.
  private static Optional<Login> entry(JsonNode entry) {
    String identity = entry.path("identitytoken").asString("");
    if (!identity.isEmpty()) {
      return Optional.of(new Login(Login.IDENTITY, identity));
    }
    String name = entry.path("username").asString("");
    String password = entry.path("password").asString("");
    return name.isEmpty() || password.isEmpty()
        ? decode(entry.path("auth").asString(""))
        : Optional.of(new Login(name, password));
  }

  /// Docker's helper protocol: `docker-credential-NAME get`, the host on standard input. A helper
  /// that knows no login for a host says so with a status other than 0.
  private Optional<Login> fromHelper(String helper, String host) {
    Outcome outcome =
        Command.of(program("docker-credential-" + helper), "get")
            .input(host.getBytes(StandardCharsets.UTF_8))
            .deadline(Duration.ofSeconds(20))
            .run();
    if (!outcome.ok()) {
      return Optional.empty();
    }
    JsonNode answer = JSON.readTree(outcome.out());
    String secret = answer.path("Secret").asString("");
    return secret.isEmpty()
        ? Optional.empty()
        : Optional.of(new Login(answer.path("Username").asString(""), secret));
  }

  private String program(String name) {
    return Stream.of(environment.getOrDefault("PATH", "").split(":"))
        .filter(directory -> !directory.isEmpty() && !name.contains("/"))
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst()
        .or(() -> Programs.find(name))
        .map(Path::toString)
        .orElse(name);
  }

  private static Optional<Login> decode(String auth) {
    String pair = new String(Base64.getDecoder().decode(auth), StandardCharsets.UTF_8);
    int colon = pair.indexOf(':');
    return colon < 0
        ? Optional.empty()
        : Optional.of(new Login(pair.substring(0, colon), pair.substring(colon + 1)));
  }
}
