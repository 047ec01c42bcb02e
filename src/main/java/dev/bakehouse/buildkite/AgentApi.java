package dev.bakehouse.buildkite;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The API that agents use, as much of it as finds and fetches artifacts, in the name of a job.
/// Every failure is a [UserError].
public final class AgentApi {
  private static final String SCOPE = "of a running job";

  private final Exchange exchange;
  private final String root;

  private AgentApi(Exchange exchange, String root) {
    this.exchange = exchange;
    this.root = root;
  }

  /// An artifact as a search tells it.
  ///
  /// @param url where its bytes are
  /// @param uploadDestination empty, or a place of which the job that left it says that they are
  ///   there
  public record Found(
      @Nullable String id,
      @Nullable String jobId,
      @Nullable String path,
      @Nullable String createdAt,
      @Nullable Long fileSize,
      @Nullable String sha1sum,
      @Nullable String url,
      @Nullable String uploadDestination) {}

  /// @param job its environment: who is asked, and with which token
  public static AgentApi of(Map<String, String> job) {
    String base =
        job.getOrDefault("BUILDKITE_AGENT_ENDPOINT", "https://agent.buildkite.com/v3")
            .replaceFirst("/+$", "");
    String token = job.getOrDefault("BUILDKITE_AGENT_ACCESS_TOKEN", "");
    return new AgentApi(new Exchange(URI.create(base), "Token " + token), base);
  }

  /// The finished artifacts of a build whose paths fit, all of one path too.
  ///
  /// @param scope key of a step, or id of a job; empty for all
  /// @param retried whether those of jobs that were tried again are among them
  public List<Found> artifacts(String build, String scope, String query, boolean retried) {
    String url =
        root
            + "/builds/"
            + RestClient.escape(build)
            + "/artifacts/search?query="
            + RestClient.escape(query)
            + "&scope="
            + RestClient.escape(scope)
            + "&state=finished&include_duplicates=true"
            + (retried ? "&include_retried_jobs=true" : "");
    return List.of(Exchange.json(exchange.get(URI.create(url), SCOPE), Found[].class));
  }

  /// Writes an artifact's bytes to a file: as many as it was announced with, and only from where
  /// the server itself keeps them. Another place is the choice of a job, and this host would ask
  /// there, with what it may see and with its credentials.
  ///
  /// @param limit how long that may take
  public void download(Found artifact, Path to, Duration limit) {
    String destination = artifact.uploadDestination();
    if (destination != null && !destination.isEmpty()) {
      throw elsewhere();
    }
    try {
      URI from = URI.create(String.valueOf(artifact.url()));
      if (!exchange.trusts(from)) {
        throw elsewhere();
      }
      try (InputStream in = exchange.follow(from, SCOPE)) {
        Bytes.write(in, to, artifact.fileSize(), limit);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), "Try again.", e);
    }
  }

  private static UserError elsewhere() {
    return new UserError(
        "it does not lie with the server of the agents, but where a job said",
        "Upload it without a destination of its own.");
  }
}
