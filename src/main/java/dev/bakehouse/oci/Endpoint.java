package dev.bakehouse.oci;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;

/// One operation of the registry's interface: what to send, and what the answer means.
interface Endpoint<T> {
  /// Completes "could not …" in errors.
  String action();

  String method();

  /// @param base `http(s)://host/v2/repository/`
  URI uri(URI base);

  /// Adds headers.
  default HttpRequest.Builder prepare(HttpRequest.Builder request) {
    return request;
  }

  default HttpRequest.BodyPublisher body() throws IOException {
    return HttpRequest.BodyPublishers.noBody();
  }

  /// Whether sending it again after a failure is harmless.
  default boolean repeatable() {
    return true;
  }

  /// Gets every answer that is no redirect, challenge or passing failure. [Answer#unexpected] makes
  /// the error for those it did not expect.
  T handle(Answer answer) throws IOException;
}
