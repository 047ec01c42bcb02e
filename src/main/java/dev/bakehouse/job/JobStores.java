package dev.bakehouse.job;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.Access.Read;
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
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The store of caches, with what the configuration and the job say about it.
public final class JobStores {
  /// How many builds of each branch artifacts are looked for in, and of how many those are picked.
  private static final int BUILDS = 10;

  private static final int ASKED = 30;

  private final Path base;
  private final Path scratch;
  private final CacheConfig config;
  private final JobSources.Api api;
  private final Map<String, String> env;

  /// @param base where a relative directory starts
  /// @param state directory of this program's own, for what is on its way
  /// @param env the job's environment, or that of a process in no job
  public JobStores(
      Path base, Path state, CacheConfig config, JobSources.Api api, Map<String, String> env) {
    this.base = base;
    this.scratch = state.resolve("artifacts");
    this.config = config;
    this.api = api;
    this.env = env;
  }

  static JobStores of(HostSettings settings, Map<String, String> env) {
    JobSources.Api api = settings.api();
    return new JobStores(settings.state(), settings.state(), settings.cache(), api, env);
  }

  /// @throws UserError when the URL is not acceptable
  public BlobStore open(String url) {
    return StoreUrl.open(url, new StoreSettings(base, config.s3Credentials(), this::artifacts));
  }

  /// The caches in a store; where the plain archives are in use, with those of builds.
  public CacheStore caches(BlobStore blobs) {
    SnapshotStore own = new SnapshotStore(blobs);
    if (!JobIdentity.inJob(env) || !(config.plain() || blobs instanceof ArtifactStore)) {
      return own;
    }
    return new PlainCaches(own, new AgentArtifacts(env), scratch, config.plain());
  }

  /// In a job by its agent; elsewhere the REST API reads. Only that tells which builds there are.
  private BlobStore artifacts() {
    Optional<RestClient> client = api.client(env);
    boolean inJob = JobIdentity.inJob(env);
    if (client.isEmpty() || slug().isEmpty()) {
      throw new UserError(
          "Caches in artifacts of builds can not be found: "
              + (client.isEmpty()
                  ? api.file() + " names no REST API to ask for the builds"
                  : "this is no job, and the environment names no pipeline"),
          "Set api.url and api.token-file in "
              + api.file()
              + (inJob
                  ? ", or name another store in cache.store."
                  : ", and BUILDKITE_ORGANIZATION_SLUG and BUILDKITE_PIPELINE_SLUG in the"
                      + " environment."));
    }
    Builds builds = new Recent(client.get());
    if (!inJob) {
      RestArtifacts artifacts = new RestArtifacts(client.get(), slug(), this::mayHold);
      return store(artifacts, builds, Optional.empty());
    }
    AgentArtifacts agent = new AgentArtifacts(env);
    String build = env.getOrDefault("BUILDKITE_BUILD_ID", "");
    String job = env.getOrDefault("BUILDKITE_JOB_ID", "");
    return store(agent, builds, Optional.of(new OwnJob(build, job, agent)));
  }

  private ArtifactStore store(Artifacts artifacts, Builds builds, Optional<OwnJob> own) {
    return new ArtifactStore(
        artifacts, builds, own, config.artifactRetention(), scratch, Clock.systemUTC());
  }

  /// Whether a build's jobs had the right to publish a blob.
  private boolean mayHold(BuildInfo build, String key) {
    return BuildKeys.mayHold(
        JobIdentity.of(env).pipeline(),
        String.valueOf(build.branch()),
        RestBuilds.pull(build),
        key);
  }

  private String slug() {
    return env.getOrDefault("BUILDKITE_PIPELINE_SLUG", "");
  }

  /// The newest builds of the scopes that the job may read, asked for once: what a build of another
  /// one holds, its lists of where blobs lie among it, is not even looked at.
  private final class Recent implements Builds {
    private final RestClient client;
    private @Nullable List<Build> asked;

    Recent(RestClient client) {
      this.client = client;
    }

    @Override
    public synchronized List<Build> recent() throws IOException {
      List<Build> all = asked;
      if (all == null) {
        all = ask();
        asked = all;
      }
      return all;
    }

    private List<Build> ask() throws IOException {
      JobIdentity job = JobIdentity.of(env);
      List<Read> reads =
          Access.of(job, "").reads().stream().filter(r -> !r.branch().isEmpty()).toList();
      List<Build> all = new ArrayList<>();
      for (String branch : new LinkedHashSet<>(reads.stream().map(Read::branch).toList())) {
        try {
          client.builds(slug(), new BuildQuery(branch, null, null, ASKED)).stream()
              .filter(info -> reads.stream().anyMatch(read -> holds(read, info)))
              .limit(BUILDS)
              .forEach(info -> all.add(new Build(info.id(), key -> mayHold(info, key))));
        } catch (UserError e) {
          throw new IOException(
              "Could not ask for the builds of " + branch + ": " + e.getMessage(), e);
        }
      }
      return all;
    }

    private boolean holds(Read read, BuildInfo info) {
      return info.id() != null && read.holds(String.valueOf(info.branch()), RestBuilds.pull(info));
    }
  }
}
