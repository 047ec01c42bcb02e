package dev.bakehouse.oci;

import dev.bakehouse.oci.Credentials.Login;
import dev.bakehouse.oci.TokenService.Token;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What one registry is shown: nothing until it asks, then `Basic`, or a `Bearer` token for each
/// set of scopes, renewed before it ends and when the registry no longer takes it. Threads that
/// need the same token get it once.
final class Authentication {
  private final String host;
  private final Credentials credentials;
  private final TokenService service;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Scopes, Token> tokens = new HashMap<>();
  private @Nullable Challenge bearer;
  private boolean lookedUp;
  private Optional<Login> login = Optional.empty();
  private volatile Optional<String> basic = Optional.empty();

  /// @param host whose credentials these are
  Authentication(String host, Credentials credentials, TokenService service) {
    this.host = host;
    this.credentials = credentials;
    this.service = service;
  }

  /// What to send along; empty while the registry has not asked for anything.
  Optional<String> header(Scopes scopes, String action) throws IOException, InterruptedException {
    if (basic.isPresent()) {
      return basic;
    }
    lock.lockInterruptibly();
    try {
      Challenge known = bearer;
      if (known == null) {
        return Optional.empty();
      }
      Token token = tokens.get(scopes);
      if (token == null || token.stale()) {
        token = renew(known, scopes, action);
      }
      return Optional.of(token.header());
    } finally {
      lock.unlock();
    }
  }

  /// Prepares a better answer to a challenge.
  ///
  /// @param used what the registry did not take
  /// @return false when there is none
  boolean answer(List<Challenge> challenges, Scopes scopes, Optional<String> used, String action)
      throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      for (Challenge challenge : strongestFirst(challenges)) {
        switch (challenge.scheme()) {
          case "bearer" -> {
            bearer = challenge;
            Token token = tokens.get(scopes);
            if (token == null || used.equals(Optional.of(token.header()))) {
              renew(challenge, scopes, action);
            }
            return true;
          }
          case "basic" -> {
            Optional<String> header = login().filter(l -> !l.isIdentityToken()).map(Login::basic);
            if (header.isPresent() && !header.equals(used)) {
              basic = header;
              return true;
            }
          }
          default -> {
            // A scheme nobody here speaks.
          }
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /// The error for an answer that still denies access.
  RegistryError.Denied denied(
      Answer answer, List<Challenge> challenges, Scopes scopes, String action) throws IOException {
    boolean scope =
        answer.status() == 403
            || challenges.stream().anyMatch(c -> c.parameter("error").equals("insufficient_scope"));
    return RegistryError.Denied.registry(
        action, host, scope ? Optional.of(scopes) : Optional.empty(), user(), answer.says());
  }

  /// Whether there is no login to show.
  boolean anonymous() {
    return user().isEmpty();
  }

  private Optional<String> user() {
    lock.lock();
    try {
      return login().map(Login::username);
    } finally {
      lock.unlock();
    }
  }

  private Token renew(Challenge challenge, Scopes scopes, String action)
      throws IOException, InterruptedException {
    List<String> asked = List.of(challenge.parameter("scope").strip().split("\\s+"));
    Token token = service.ask(challenge, scopes.and(asked), login(), action);
    tokens.put(scopes, token);
    return token;
  }

  private Optional<Login> login() {
    if (!lookedUp) {
      login = credentials.find(host);
      lookedUp = true;
    }
    return login;
  }

  private static List<Challenge> strongestFirst(List<Challenge> challenges) {
    return challenges.stream()
        .sorted(Comparator.comparingInt(c -> c.scheme().equals("bearer") ? 0 : 1))
        .toList();
  }
}
