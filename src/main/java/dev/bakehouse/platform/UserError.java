package dev.bakehouse.platform;

/// An error the person at the keyboard can act on. It is printed without a stack trace.
///
/// The message says what was being done, to what, and what went wrong; the remedy says what to do
/// next. Neither may hold a secret.
public class UserError extends RuntimeException {
  private final String remedy;

  public UserError(String message, String remedy) {
    super(message);
    this.remedy = remedy;
  }

  public UserError(String message, String remedy, Throwable cause) {
    super(message, cause);
    this.remedy = remedy;
  }

  /// What to do next, one sentence or one command.
  public String remedy() {
    return remedy;
  }
}
