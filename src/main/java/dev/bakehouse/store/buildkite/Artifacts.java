package dev.bakehouse.store.buildkite;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The artifacts of builds, as an agent in a job or the REST API has them.
public interface Artifacts {
  /// The finished artifacts of a build whose path fits, newest first; none when the build is not
  /// known.
  ///
  /// @param query a path in which `*` stands for any part of a name and `**` for any names
  List<Artifact> find(String build, String query) throws IOException;

  /// Writes an artifact's bytes to a file.
  void download(Artifact artifact, Path file) throws IOException;
}
