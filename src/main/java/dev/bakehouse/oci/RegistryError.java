package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;

/// A registry or layout that did not do what it was asked. The kinds are told apart because they
/// mean different things: [Absent] is an answer, [Unreachable] is none, [Denied] needs credentials.
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

  /// No answer at all.
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

  /// The registry wants other credentials, or any.
  public static final class Denied extends RegistryError {
    Denied(String action, int status, String detail) {
      super(
          "Could not " + action + ": access denied (status " + status + detail + ")",
          "Give credentials: TART_REGISTRY_USERNAME and TART_REGISTRY_PASSWORD, or `docker login`.");
    }
  }
}
