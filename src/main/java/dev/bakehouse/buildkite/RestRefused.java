package dev.bakehouse.buildkite;

import dev.bakehouse.platform.Poll;

/// The REST API answered, and not with what was asked for.
public final class RestRefused extends Poll.Fatal {
  private final int status;

  RestRefused(String message, int status, String remedy) {
    super(message, remedy);
    this.status = status;
  }

  /// Whether what was asked for is not there.
  public boolean missing() {
    return status == 404;
  }

  /// Whether the token is the reason.
  public boolean denied() {
    return status == 401 || status == 403;
  }
}
