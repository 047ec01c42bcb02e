package dev.bakehouse.coordinator;

import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/// Tokens of `/v2` that may do less than `tokens/api`: a file each in `tokens/scoped`, named by the
/// token's SHA-256, so that the token itself is nowhere here. What is made or removed counts at the
/// next request.
public final class ApiTokens {
  private final Path directory;

  /// @param hash SHA-256 of the token, in hexadecimal
  /// @param created ISO time
  public record Token(String hash, String name, Set<ApiScope> scopes, String created) {
    public Token {
      scopes = Set.copyOf(scopes);
    }
  }

  private record Stored(
      @Nullable String name, @Nullable List<String> scopes, @Nullable String created) {}

  /// @param state the coordinator's state directory
  public ApiTokens(Path state) {
    directory = state.resolve("tokens").resolve("scoped");
  }

  /// Makes a token.
  ///
  /// @return the token, which is told this once
  /// @throws UserError when there is one of that name
  public String create(String name, Set<ApiScope> scopes) {
    if (list().stream().anyMatch(t -> t.name().equals(name))) {
      throw new UserError(
          "There is a token " + name + " already", "Remove it first, or choose another name.");
    }
    byte[] random = new byte[30];
    new SecureRandom().nextBytes(random);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    List<String> words = scopes.stream().sorted().map(ApiScope::wire).toList();
    Directories.makePrivate(directory);
    Directories.writePrivate(
        directory.resolve(hash(token)),
        Json.bytes(new Stored(name, words, Instant.now().toString())));
    return token;
  }

  /// By name.
  public List<Token> list() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .flatMap(hash -> read(hash).stream())
          .sorted(Comparator.comparing(Token::name))
          .toList();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /// Ends a token.
  ///
  /// @throws UserError when there is none of that name
  public void remove(String name) {
    Token token =
        list().stream()
            .filter(t -> t.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new UserError(
                        "There is no token " + name,
                        "`bakehouse coordinator token list` has all."));
    revoke(token);
  }

  void revoke(Token token) {
    try {
      Files.deleteIfExists(directory.resolve(token.hash()));
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /// Whose token this is.
  Optional<Token> find(String token) {
    return token.isEmpty() ? Optional.empty() : read(hash(token));
  }

  private Optional<Token> read(String hash) {
    if (!hash.matches("[0-9a-f]{64}")) {
      return Optional.empty();
    }
    try {
      Stored stored =
          Json.MAPPER.readValue(Files.readAllBytes(directory.resolve(hash)), Stored.class);
      List<String> words = stored.scopes() == null ? List.of() : stored.scopes();
      Set<ApiScope> scopes = EnumSet.noneOf(ApiScope.class);
      for (ApiScope scope : ApiScope.values()) {
        if (words.contains(scope.wire())) {
          scopes.add(scope);
        }
      }
      return Optional.of(
          new Token(hash, String.valueOf(stored.name()), scopes, String.valueOf(stored.created())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | JacksonException e) {
      throw unusable(e);
    }
  }

  private static String hash(String token) {
    return Digests.hex(token);
  }

  private UserError unusable(Exception e) {
    String why = e instanceof IOException file ? Reason.of(file) : "one is no JSON";
    return new UserError(
        "Could not use the tokens in " + directory + ": " + why,
        "Check the directory's owner and free space.",
        e);
  }
}
