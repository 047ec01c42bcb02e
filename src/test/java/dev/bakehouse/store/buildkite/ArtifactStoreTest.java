package dev.bakehouse.store.buildkite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.cache.Budget;
import dev.bakehouse.cache.Janitor;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.StoreContract;
import dev.bakehouse.store.buildkite.ArtifactStore.OwnJob;
import dev.bakehouse.store.buildkite.HeldJobs.Held;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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

  /// Counts what is fetched.
  private record Counting(Artifacts all, AtomicInteger downloads) implements Artifacts {
    @Override
    public List<Artifact> find(String build, String query) throws IOException {
      return all.find(build, query);
    }

    @Override
    public void download(Artifact artifact, Path file) throws IOException {
      downloads.incrementAndGet();
      all.download(artifact, file);
    }
  }

  @Test
  void aPackIsFetchedOnceHoweverManyReadItsRanges() throws Exception {
    AtomicInteger downloads = new AtomicInteger();
    BlobStore store = of(new Counting(new AgentArtifacts(job.env()), downloads));
    byte[] pack = random(7, 300_000);
    publish(store, "packs/ranges", pack);
    List<Callable<byte[]>> readers = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      int from = i * 7000;
      readers.add(
          () -> {
            try (SeekableByteChannel channel = store.open("packs/ranges").orElseThrow()) {
              ByteBuffer part = ByteBuffer.allocate(7000);
              channel.position(from).read(part);
              assertThat(part.array()).isEqualTo(Arrays.copyOfRange(pack, from, from + 7000));
              return part.array();
            }
          });
    }
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (Future<byte[]> each : threads.invokeAll(readers)) {
        assertThat(each.get()).hasSize(7000);
      }
    }
    assertThat(downloads).hasValue(1);
  }

  /// A job names its artifacts as it likes.
  @Test
  void aNameWithLineBreaksStopsNobody() throws IOException {
    publish(store(), "k", "x");
    Path odd = Files.createDirectories(dir.resolve("odd"));
    Files.writeString(odd.resolve("a\nb\tc\td\te\tf\tg"), "odd");
    new AgentArtifacts(job.env()).upload(odd, "a*");

    assertThat(new AgentArtifacts(job.env()).find(job.build(), "**"))
        .extracting(Artifact::path)
        .contains("bakehouse-cache/k");
  }

  @Test
  void aBudgetIsRefusedAsNothingCanBeRemoved() throws IOException {
    Janitor janitor = new Janitor(empty(), Clock.systemUTC());
    Budget budget = new Budget(1, Set.of("main"));

    assertThatThrownBy(
            () ->
                janitor.sweep(
                    Duration.ofDays(30),
                    Janitor.GRACE,
                    Optional.of(budget),
                    Janitor.FailedBuilds.UNKNOWN))
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll("A size budget does not apply", "buildkite:", "expire");
  }

  @Override
  protected BlobStore empty() throws IOException {
    return of(Later.than(new AgentArtifacts(job.env())));
  }

  private static BlobStore of(Artifacts artifacts) {
    AgentArtifacts agent = new AgentArtifacts(job.env());
    OwnJob own = new OwnJob(job.build(), job.env().get("BUILDKITE_JOB_ID"), agent);
    return new ArtifactStore(
        artifacts,
        List::of,
        Optional.of(own),
        Duration.ofDays(30),
        dir.resolve("scratch"),
        Clock.systemUTC());
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
