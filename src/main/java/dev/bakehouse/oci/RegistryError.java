package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.time.Duration;
import java.util.Optional;

/// A registry or layout that did not do what it was asked. The kinds are told apart because they
/// mean different things: [Absent] is an answer, [Unreachable] is none, [Denied] needs credentials,
/// [Failing] may pass.
public class RegistryError extends UserError {
  RegistryError(String message, String remedy) {
    super(message, remedy);
  }

  RegistryError(String message, String remedy, Throwable cause) {
    super(message, remedy, cause);
  }

  /// The registry answered: what was asked for is not there.
  public static final class Absent extends RegistryError {
    public Absent(String action) {
      super("Could not " + action + ": it is not there", "Check the name and the tag.");
    }
  }

  /// No answer at all, or one that broke off each time.
  public static final class Unreachable extends RegistryError {
    Unreachable(String action, String host, Throwable cause) {
      super(
          "Could not " + action + ": no answer from " + host + " (" + why(cause) + ")",
          "Check the network and the host name; a registry without TLS needs --plain-http.",
          cause);
    }

    private static String why(Throwable cause) {
      String text = cause.getMessage();
      return text == null || text.isBlank() ? cause.getClass().getSimpleName() : text;
    }
  }

  /// The registry answered that it can not now: busy, broken, or asked too often.
  public static final class Failing extends RegistryError {
    private final transient Optional<Duration> wait;

    Failing(String message, String remedy, Optional<Duration> wait) {
      super(message, remedy);
      this.wait = wait;
    }

    /// How long the registry asked to wait.
    Optional<Duration> retryAfter() {
      return wait;
    }
  }

  /// The registry does not find a blob of a manifest, or can not read its own note of it.
  static final class Incomplete extends RegistryError {
    Incomplete(String action, String host, String says) {
      super(
          "Could not " + action + ": " + host + " finds a blob of it missing" + says,
          "Run it again: what is there already is not sent again.");
    }
  }

  /// The registry wants other credentials, or any.
  public static final class Denied extends RegistryError {
    private static final String LOG_IN =
        "Give credentials: TART_REGISTRY_USERNAME and TART_REGISTRY_PASSWORD, or `docker login`.";

    private Denied(String message, String remedy) {
      super(message, remedy);
    }

    /// @param lacking rights the registry says are missing, when it says so
    static Denied registry(
        String action, String host, Optional<Scopes> lacking, Optional<String> user, String says) {
      String who = user.map(u -> "the login of `" + u + "`").orElse("anyone");
      String what =
          lacking
              .map(scopes -> host + " does not give " + who + " the right " + scopes)
              .orElse(
                  user.isPresent()
                      ? host + " does not accept " + who
                      : host + " wants credentials, and none were found");
      return of(action, what, says, user.isPresent() && lacking.isPresent());
    }

    /// @param service host of the token service
    static Denied token(
        String action, String service, Scopes scopes, Optional<String> user, String says) {
      String who = user.map(u -> " to `" + u + "`").orElse(" without credentials");
      String what = service + " gives no token for " + scopes + who;
      return of(action, what, says, user.isPresent());
    }

    private static Denied of(String action, String what, String says, boolean known) {
      String remedy =
          known
              ? "Give that user the right (on GHCR: a token with read:packages or write:packages), or use other credentials."
              : LOG_IN;
      return new Denied("Could not " + action + ": access denied: " + what + says, remedy);
    }
  }
}
