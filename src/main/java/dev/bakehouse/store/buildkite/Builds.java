package dev.bakehouse.store.buildkite;

import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;

/// The builds in which blobs are looked for when their keys do not tell.
@FunctionalInterface
public interface Builds {
  /// Newest first, a bounded number; asked once.
  ///
  /// @throws IOException when nobody can be asked
  List<Build> recent() throws IOException;

  /// @param mayHold which keys its jobs had the right to publish: what else lies there is no blob,
  ///   for any job can upload any file
  record Build(String id, Predicate<String> mayHold) {}
}
