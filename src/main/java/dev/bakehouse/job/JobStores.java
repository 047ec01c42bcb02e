package dev.bakehouse.job;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.cache.BuildKeys;
import dev.bakehouse.cache.CacheConfig;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.PlainCaches;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.StoreSettings;
import dev.bakehouse.store.StoreUrl;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.store.buildkite.ArtifactStore;
import dev.bakehouse.store.buildkite.ArtifactStore.OwnJob;
import dev.bakehouse.store.buildkite.Artifacts;
import dev.bakehouse.store.buildkite.Builds;
import dev.bakehouse.store.buildkite.Builds.Build;
import dev.bakehouse.store.buildkite.RestArtifacts;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The store of caches, with what the configuration and the job say about it.
public final class JobStores {
  /// How many builds of each branch artifacts are looked for in.
  private static final int BUILDS = 10;

  private final CacheConfig config;
  private final JobSources.Api api;
  private final Map<String, String> env;

  private JobStores(CacheConfig config, JobSources.Api api, Map<String, String> env) {
    this.config = config;
    this.api = api;
    this.env = env;
  }

  /// @param base where a relative directory starts
  /// @param env the job's environment, or that of a process in no job
  /// @throws UserError when the URL is not acceptable
  public static BlobStore open(
      String url, Path base, CacheConfig config, JobSources.Api api, Map<String, String> env) {
    JobStores stores = new JobStores(config, api, env);
    return StoreUrl.open(url, new StoreSettings(base, config.s3Credentials(), stores::artifacts));
  }

  /// The caches in that store; where the plain archives are in use, with those of builds.
  public static CacheStore caches(
      String url, Path base, CacheConfig config, JobSources.Api api, Map<String, String> env) {
    SnapshotStore own = new SnapshotStore(open(url, base, config, api, env));
    if (!JobIdentity.inJob(env) || !(config.plain() || url.equals("buildkite:"))) {
      return own;
    }
    return new PlainCaches(own, new AgentArtifacts(env), config.plain());
  }

  /// In a job by its agent; elsewhere the REST API reads.
  private BlobStore artifacts() {
    Optional<RestClient> client = api.client(env);
    if (JobIdentity.inJob(env)) {
      AgentArtifacts agent = new AgentArtifacts(env);
      String build = env.getOrDefault("BUILDKITE_BUILD_ID", "");
      OwnJob own = new OwnJob(build, env.getOrDefault("BUILDKITE_JOB_ID", ""), agent);
      return store(agent, client.<Builds>map(Recent::new).orElse(List::of), Optional.of(own));
    }
    if (client.isEmpty() || env.getOrDefault("BUILDKITE_PIPELINE_SLUG", "").isEmpty()) {
      throw new UserError(
          "Artifacts of builds can not be read here: this is no job, and who has them is not known",
          "Set api.url and api.token-file in bakehouse.yml, and BUILDKITE_ORGANIZATION_SLUG and"
              + " BUILDKITE_PIPELINE_SLUG in the environment.");
    }
    Builds builds = new Recent(client.get());
    return store(new RestArtifacts(client.get(), slug(), builds), builds, Optional.empty());
  }

  private ArtifactStore store(Artifacts artifacts, Builds builds, Optional<OwnJob> own) {
    return new ArtifactStore(artifacts, builds, own, config.artifactRetention(), Clock.systemUTC());
  }

  private String slug() {
    return env.getOrDefault("BUILDKITE_PIPELINE_SLUG", "");
  }

  /// The newest builds of the job's branch, its base and the default branch, asked for once.
  private final class Recent implements Builds {
    private final RestClient client;
    private @Nullable List<Build> asked;

    Recent(RestClient client) {
      this.client = client;
    }

    @Override
    public synchronized List<Build> recent() {
      List<Build> all = asked;
      if (all == null) {
        all = new ArrayList<>();
        JobIdentity job = JobIdentity.of(env);
        Set<String> branches = new LinkedHashSet<>();
        branches.add(job.branch());
        branches.add(job.baseBranch());
        branches.add(job.defaultBranch());
        branches.remove("");
        for (String branch : branches) {
          for (BuildInfo info : client.builds(slug(), new BuildQuery(branch, null, null, BUILDS))) {
            all.add(build(job.pipeline(), info));
          }
        }
        asked = all;
      }
      return all;
    }

    private Build build(String pipeline, BuildInfo info) {
      return new Build(
          info.id(),
          info.number(),
          key ->
              BuildKeys.mayHold(pipeline, info.branch(), RestBuilds.pull(info.pullRequest()), key));
    }
  }
}
