package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A file a job uploaded, or is about to.
///
/// @param state `new`, `finished`, `error`, `expired`
/// @param uploadDestination empty: the bytes are here
/// @param url where they are otherwise
record Artifact(
    String id,
    String build,
    String job,
    String state,
    String path,
    String absolutePath,
    String globPath,
    long fileSize,
    String sha1sum,
    String sha256sum,
    String contentType,
    String uploadDestination,
    String url,
    long created) {
  boolean here() {
    return uploadDestination.isEmpty();
  }

  /// As a search gives it to an agent.
  ///
  /// @param link where the bytes are
  Map<String, Object> wire(String link) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", id);
    all.put("path", path);
    all.put("absolute_path", absolutePath);
    all.put("glob_path", globPath);
    all.put("file_size", fileSize);
    all.put("sha1sum", sha1sum);
    all.put("sha256sum", sha256sum);
    all.put("job_id", job);
    all.put("created_at", Instant.ofEpochMilli(created).toString());
    all.put("url", link);
    all.put("upload_destination", uploadDestination);
    all.put("content_type", contentType);
    return all;
  }

  static Optional<Artifact> find(Transaction tx, String id) throws SQLException {
    return tx.one("SELECT * FROM artifacts WHERE id=?", Artifact::row, id);
  }

  static Artifact row(ResultSet row) throws SQLException {
    return new Artifact(
        row.getString("id"),
        row.getString("build"),
        row.getString("job"),
        row.getString("state"),
        row.getString("path"),
        row.getString("absolute_path"),
        row.getString("glob_path"),
        row.getLong("file_size"),
        row.getString("sha1sum"),
        row.getString("sha256sum"),
        row.getString("content_type"),
        row.getString("upload_destination"),
        row.getString("url"),
        row.getLong("created"));
  }
}
