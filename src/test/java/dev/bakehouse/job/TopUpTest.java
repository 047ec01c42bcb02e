package dev.bakehouse.job;

import static dev.bakehouse.job.VolumeJobs.identity;
import static dev.bakehouse.job.VolumeJobs.sh;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.LatestSaved;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.cache.StepCaches;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.snapshot.HostTree;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.DirectoryStore;
import dev.bakehouse.vm.Lease;
import dev.bakehouse.volume.Publications;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Volumes in real guests that get, beside a job, what other hosts saved meanwhile.
@Tag("vm")
class TopUpTest {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final String FILES = "cd ccache && find . -type f | sort | tr '\\n' ' '";

  @TempDir Path dir;
  private VolumeJobs jobs;
  private SnapshotStore store;
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void make() throws Exception {
    jobs = new VolumeJobs(dir);
    BlobStore blobs = JobStores.of(jobs.settings, Map.of()).open(jobs.settings.cacheStore());
    store = new SnapshotStore(blobs);
  }

  @Test
  void whatAnotherHostSavedIsAddedAndKept() throws Exception {
    try (Lease lease = Jobs.slots(jobs.settings).tryAcquire().orElseThrow()) {
      first(lease);
      String large = "two ".repeat(100_000);
      another("b2", scope("main", "false"), Map.of("0/1/oneR", "one", "2/3/twoR", large));
      JobIdentity third = identity("main", "false", "b3");
      jobs.run(
          lease,
          third,
          true,
          m -> {
            TopUp topUp = start(m, third);
            await(m, "2/3/twoR");
            assertThat(topUp.end()).contains("from ccache of build b2: 1 files, 400,000 bytes");
            assertThat(topUp.added(Kind.CCACHE)).isPresent();
            sh(m, "echo three >ccache/2/3/threeR");
          });
      publish();
    }
    assertThat(newest("b3").keySet())
        .containsExactlyInAnyOrder("0/1/oneR", "2/3/twoR", "2/3/threeR");
  }

  @Test
  void nobodyGetsWhatItMayNotReadAndAForkKeepsNothing() throws Exception {
    try (Lease lease = Jobs.slots(jobs.settings).tryAcquire().orElseThrow()) {
      first(lease);
      another("b2", scope("main", "false"), Map.of("2/3/twoR", "two"));
      another("b8", scope("other", "8"), Map.of("8/8/eightR", "eight"));
      for (JobIdentity each :
          List.of(identity("topic", "7", "b7"), identity("theirs:main", "9", "b9"))) {
        jobs.run(
            lease,
            each,
            true,
            m -> {
              TopUp topUp = start(m, each);
              await(m, "2/3/twoR");
              assertThat(topUp.end()).contains("build b2: 1 files");
              assertThat(sh(m, FILES)).isEqualTo("./0/1/oneR ./2/3/twoR");
            });
      }
    }
    assertThat(jobs.volumes.list())
        .extracting(v -> v.key().scope() + " " + v.generation())
        .containsExactlyInAnyOrder(
            "o.test/branch/main/linux-x64-release 1", "o.test/pull/7/linux-x64-release 1");
  }

  @Test
  void aJobKilledInTheMiddleLeavesTheGenerationBeforeItAndOneThatPassesKeepsWholeFiles()
      throws Exception {
    try (Lease lease = Jobs.slots(jobs.settings).tryAcquire().orElseThrow()) {
      first(lease);
      Entry more =
          another("b2", scope("main", "false"), Map.of("2/3/aR", "a", "2/3/bR", "b".repeat(9000)));
      byte[] tar;
      try (InputStream in =
          ((Opened.Whole) store.open(more)).beyond("").orElseThrow().tar(said::add)) {
        tar = in.readAllBytes();
      }
      for (boolean passes : List.of(false, true)) {
        jobs.run(
            lease,
            identity("main", "false", "b3"),
            passes,
            m -> {
              PipedInputStream in = new PipedInputStream(tar.length);
              Thread adding = adding(m, in);
              try (PipedOutputStream out = new PipedOutputStream(in)) {
                out.write(tar, 0, tar.length - 4096);
                out.flush();
                await(m, "2/3/aR");
                Poll.until(
                    "a part of the other",
                    SOON,
                    () -> Optional.of(sh(m, FILES)).filter(files -> files.contains("/tmp/")));
                if (!passes) {
                  m.vm().kill();
                }
              }
              adding.join();
            });
        jobs.run(
            lease,
            identity("main", "false", "b4"),
            false,
            m -> assertThat(sh(m, FILES)).isEqualTo(passes ? "./0/1/oneR ./2/3/aR" : "./0/1/oneR"));
      }
    }
    assertThat(jobs.volumes.list()).singleElement().matches(v -> v.generation() == 2);
  }

  @Test
  void aJobDoesNotWaitForAStoreThatHangs() throws Exception {
    try (Lease lease = Jobs.slots(jobs.settings).tryAcquire().orElseThrow()) {
      first(lease);
      byte[] bytes = new byte[200_000];
      new Random(11).nextBytes(bytes);
      another("b2", scope("main", "false"), Map.of("2/3/twoR", HexFormat.of().formatHex(bytes)));
      Path home = dir.resolve("store");
      String pack = home.relativize(largest(home)).toString();
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch answer = new CountDownLatch(1);
      store = new SnapshotStore(hanging(pack, asked, answer));
      JobIdentity third = identity("main", "false", "b3");
      jobs.run(
          lease,
          third,
          true,
          m -> {
            TopUp topUp = start(m, third);
            assertThat(asked.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            await(m, "tmp");
            long begin = System.nanoTime();
            assertThat(topUp.end()).isEmpty();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(TopUp.LAST);
          });
      answer.countDown();
    }
    assertThat(jobs.saved()).isEqualTo(Map.of("0/1/oneR", "one"));
  }

  /// A store that does not answer when one blob is asked for.
  private BlobStore hanging(String key, CountDownLatch asked, CountDownLatch answer) {
    BlobStore blobs = new DirectoryStore(dir.resolve("store"));
    return (BlobStore)
        Proxy.newProxyInstance(
            BlobStore.class.getClassLoader(),
            new Class<?>[] {BlobStore.class},
            (_, method, arguments) -> {
              if (List.of("open", "read").contains(method.getName()) && key.equals(arguments[0])) {
                asked.countDown();
                answer.await();
              }
              return method.invoke(blobs, arguments);
            });
  }

  private static Path largest(Path store) throws IOException {
    try (Stream<Path> all = Files.walk(store)) {
      return all.filter(Files::isRegularFile)
          .max(Comparator.comparing(file -> file.toFile().length()))
          .orElseThrow();
    }
  }

  private static Thread adding(Machine machine, InputStream tar) {
    GuestVolume guest = new GuestVolume(Path.of(VolumeJobs.CACHE_PATH));
    return Threads.start(
        () -> {
          try {
            guest.add(machine, Kind.CCACHE, tar);
          } catch (IOException e) {
            // The VM was killed.
          }
        });
  }

  /// A job that leaves one entry, which the store has then.
  private void first(Lease lease) throws Exception {
    JobIdentity first = identity("main", "false", "b1");
    jobs.run(lease, first, true, m -> sh(m, "mkdir -p ccache/0/1; printf one >ccache/0/1/oneR"));
    publish();
  }

  private void publish() throws IOException {
    CachePublisher publisher = new CachePublisher(jobs.settings, said::add);
    for (Publications.Waiting waiting : new Publications(jobs.volumes).waiting()) {
      assertThat(publisher.publish(waiting)).as(said.toString()).isTrue();
    }
  }

  private static Scope scope(String branch, String pull) {
    return VolumeJobs.access(identity(branch, pull, "b")).writes().orElseThrow();
  }

  /// As another host's publisher does.
  private Entry another(String build, Scope scope, Map<String, String> files) throws IOException {
    Path tree = Files.createTempDirectory(dir, "another");
    for (var file : files.entrySet()) {
      Path path = tree.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    Address address = new Address(scope, build, "step", Kind.CCACHE);
    Basis basis = new Basis(Optional.empty(), 0, List.of(), true);
    return store.save(address, new HostTree(tree, _ -> false), basis).entry().orElseThrow();
  }

  private TopUp start(Machine machine, JobIdentity job) {
    Access access = VolumeJobs.access(job);
    List<Scope> scopes = access.reads().stream().map(Access.Read::scope).toList();
    StepCaches caches =
        new StepCaches(
            store,
            new LatestSaved(store, scopes, "", job.buildId()),
            access,
            job,
            VolumeJobs.DECISION,
            said::add);
    return TopUp.start(
            caches,
            VolumeJobs.DECISION.restores(),
            jobs.mounted(),
            machine,
            Path.of(VolumeJobs.CACHE_PATH))
        .orElseThrow();
  }

  private static void await(Machine machine, String entry) {
    Poll.until(
        entry,
        SOON,
        () ->
            Optional.of(sh(machine, "ls -d ccache/" + entry + " || :")).filter(s -> !s.isEmpty()));
  }

  /// What the store has of a build.
  private Map<String, String> newest(String build) throws Exception {
    Entry entry = store.entries(scope("main", "false"), Kind.CCACHE).findFirst().orElseThrow();
    assertThat(entry.address().build()).isEqualTo(build);
    Path target = dir.resolve("restored");
    ((Opened.Whole) store.open(entry)).restore(target);
    return VolumeJobs.contents(new HostTree(target, _ -> false));
  }
}
