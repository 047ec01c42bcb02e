package dev.bakehouse.oci;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Optional;

/// One operation of the registry's interface: what to send, and what the answer means.
interface Endpoint<T> {
  /// Completes "could not …" in errors.
  String action();

  String method();

  /// @param base `http(s)://host/v2/repository/`
  URI uri(URI base);

  /// The rights it needs.
  ///
  /// @param repository as the registry calls it
  default Scopes scopes(String repository) {
    return Scopes.pull(repository);
  }

  /// Adds headers.
  default HttpRequest.Builder prepare(HttpRequest.Builder request) {
    return request;
  }

  default HttpRequest.BodyPublisher body() {
    return HttpRequest.BodyPublishers.noBody();
  }

  /// The part of a file that is the body, in place of [#body].
  default Optional<FilePart> part() {
    return Optional.empty();
  }

  /// Whether sending it again after a failure is harmless.
  default boolean repeatable() {
    return true;
  }

  /// Gets every answer that is no redirect, no passing failure and no lack of rights.
  /// [Answer#unexpected] makes the error for those it did not expect.
  T handle(Answer answer) throws IOException;
}
