package dev.bakehouse.store.buildkite;

import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.StoreContract;
import dev.bakehouse.store.buildkite.ArtifactStore.OwnJob;
import dev.bakehouse.store.buildkite.HeldJobs.Held;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/// What every store does, by the real agent in a running job.
@Tag("agent")
class ArtifactStoreTest extends StoreContract {
  @TempDir static Path dir;
  private static HeldJobs jobs;
  private static Held job;

  @BeforeAll
  static void start() throws Exception {
    jobs = new HeldJobs(dir);
    job = jobs.hold("main", Map.of());
  }

  @AfterAll
  static void stop() {
    jobs.close();
  }

  /// The job's artifacts without those that were there before.
  private record Later(Artifacts all, Set<String> before) implements Artifacts {
    static Later than(Artifacts all) throws IOException {
      Set<String> before = new HashSet<>();
      all.find(job.build(), "**").forEach(a -> before.add(a.id()));
      return new Later(all, before);
    }

    @Override
    public List<Artifact> find(String build, String query) throws IOException {
      return all.find(build, query).stream().filter(a -> !before.contains(a.id())).toList();
    }

    @Override
    public void download(Artifact artifact, Path file) throws IOException {
      all.download(artifact, file);
    }
  }

  @Override
  protected BlobStore empty() throws IOException {
    AgentArtifacts agent = new AgentArtifacts(job.env());
    OwnJob own = new OwnJob(job.build(), job.env().get("BUILDKITE_JOB_ID"), agent);
    return new ArtifactStore(
        Later.than(agent),
        List::of,
        Optional.of(own),
        Duration.ofDays(30),
        dir.resolve("scratch"),
        Clock.systemUTC());
  }

  @Override
  protected boolean conditionsAreAtomic() {
    return false;
  }

  @Override
  protected boolean deletes() {
    return false;
  }

  @Override
  protected int many() {
    return 3;
  }
}
