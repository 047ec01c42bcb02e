package dev.bakehouse.coordinator;

/// A request that is answered with an error status and `{"message": …}`.
final class HttpError extends RuntimeException {
  private final int status;

  HttpError(int status, String message) {
    super(message);
    this.status = status;
  }

  int status() {
    return status;
  }

  static HttpError notFound(String what) {
    return new HttpError(404, what + " not found");
  }
}
