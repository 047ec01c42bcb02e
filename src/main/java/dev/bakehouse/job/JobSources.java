package dev.bakehouse.job;

import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.Ancestry;
import dev.bakehouse.cache.BuildSources;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.LatestSaved;
import dev.bakehouse.cache.Sources;
import dev.bakehouse.cache.StepRule;
import dev.bakehouse.config.Section;
import dev.bakehouse.config.WebAddress;
import dev.bakehouse.platform.UserError;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// Where a job's caches come from: the passed builds of its pipeline, asked of the coordinator;
/// where none is configured, what was saved last.
public final class JobSources {
  /// The section `api:`.
  ///
  /// @param file the configuration it stands in
  /// @param url base address of the REST API (`…/v2`)
  /// @param tokenFile file with its token
  public record Api(Path file, Optional<String> url, Optional<Path> tokenFile) {
    public static Api read(Path file, Section section) {
      Optional<Path> token = section.text("token-file").map(Path::of);
      Api api = new Api(file, WebAddress.in(section, "url"), token);
      section.close();
      return api;
    }

    /// Who answers for the organization that the environment names; empty without a URL.
    Optional<RestClient> client(Map<String, String> env) {
      if (url.isEmpty()) {
        return Optional.empty();
      }
      Path token =
          tokenFile.orElseThrow(
              () ->
                  new UserError(
                      "`api.url` is set in " + file + " without `api.token-file`",
                      "Name a file with an API token there."));
      String organization = env.getOrDefault("BUILDKITE_ORGANIZATION_SLUG", "");
      return Optional.of(RestClient.of(URI.create(url.get()), organization, token));
    }
  }

  private JobSources() {}

  /// @param env the job's environment
  public static Sources of(
      CacheStore store,
      StepRule rule,
      Api api,
      Map<String, String> env,
      Access access,
      Ancestry ancestry) {
    JobIdentity job = JobIdentity.of(env);
    Optional<RestClient> client = api.client(env);
    if (client.isEmpty()) {
      return new LatestSaved(
          store, access.reads().stream().map(Access.Read::scope).toList(), "", job.buildId());
    }
    RestBuilds builds =
        new RestBuilds(client.get(), env.getOrDefault("BUILDKITE_PIPELINE_SLUG", ""));
    return new BuildSources(store, builds, ancestry, rule, job, access);
  }
}
