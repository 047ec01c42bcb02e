package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.MeteredProxy;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.SmallSlices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("registry")
class KilledPullTest {
  private static final int STREAMS = Math.max(4, Runtime.getRuntime().availableProcessors());

  /// Requests, manifests and answers' heads of one attempt.
  private static final long TALK = 200_000;

  @TempDir Path temp;
  private final Random random = new Random(11);

  @Test
  void aPullThatIsKilledAgainAndAgainMovesNothingTwiceButWhatWasOnItsWay() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        MeteredProxy proxy = new MeteredProxy(registry.host())) {
      Fixture origin = new Fixture(temp.resolve("origin"));
      Reference there = Reference.parse(registry.host() + "/o/r/vm:v1");
      SmallSlices image = SmallSlices.push(origin.repositories.open(there), temp, 96, 1, "v1");
      Reference reference = Reference.parse(proxy.host() + "/o/r/vm:v1");
      Path state = temp.resolve("state");
      Path partial =
          new Fixture(state).store.work().resolve(".pull-" + image.manifest().digest().hex());
      Set<String> finished = Set.of();
      int kills = 0;
      for (int i = 0; i < 20; i++) {
        int before = proxy.requests().size();
        kills += killedAt(proxy, state, reference, 500_000 + random.nextInt(5_000_000));
        notAskedForAgain(finished, proxy, before);
        finished = image.finished(partial);
      }
      assertThat(kills).isEqualTo(20);
      assertThat(finished).hasSizeGreaterThan(20);
      int before = proxy.requests().size();
      assertThat(new Fixture(state).store.list()).isEmpty();
      proxy.allow(Long.MAX_VALUE);
      Process child = pull(state, reference);
      while (!child.waitFor(300 + random.nextInt(1500), TimeUnit.MILLISECONDS) && kills < 40) {
        child.destroyForcibly().waitFor();
        kills++;
        child = pull(state, reference);
      }
      assertThat(child.waitFor()).as(Files.readString(temp.resolve("state.log"))).isZero();
      Fixture host = new Fixture(state);
      LocalImage made = host.store.get("i");
      assertThat(Arrays.mismatch(Files.readAllBytes(made.disk()), image.disk())).isEqualTo(-1);
      assertThat(made.record().digest()).isEqualTo(image.manifest().digest().toString());
      assertThat(partial).doesNotExist();
      notAskedForAgain(finished, proxy, before);
      assertThat(proxy.moved())
          .isLessThan(image.transferSize() + kills * (STREAMS * image.largestBlob() + TALK) + TALK);
    }
  }

  /// @param name of the image the next pull makes
  @ParameterizedTest
  @ValueSource(strings = {"i", "j"})
  void aPullThatIsKilledBeforeItsImageIsPublishedMovesNoSliceAgain(String name) throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        MeteredProxy proxy = new MeteredProxy(registry.host())) {
      Fixture origin = new Fixture(temp.resolve("origin"));
      Reference there = Reference.parse(registry.host() + "/o/r/vm:v1");
      SmallSlices image = SmallSlices.push(origin.repositories.open(there), temp, 4, 1, "v1");
      Reference reference = Reference.parse(proxy.host() + "/o/r/vm:v1");
      Path state = temp.resolve("state");
      assertThat(pull(state, reference).waitFor()).isZero();
      ImageStore store = new Fixture(state).store;
      Path published = store.get("i").directory();
      Path partial = store.work().resolve(".pull-" + image.manifest().digest().hex());
      Files.createDirectory(partial);
      Trees.take(published, partial, ImageStore.FILES);
      Files.move(published, store.work(Draft.directory("i")));
      Set<String> finished = image.finished(partial);
      assertThat(finished).hasSize(4);
      int before = proxy.requests().size();
      Process next = new Child(state).start("pull", reference.toString(), "--name", name);
      assertThat(next.waitFor()).isZero();
      notAskedForAgain(finished, proxy, before);
      assertThat(Files.readAllBytes(store.get(name).disk())).isEqualTo(image.disk());
    }
  }

  private static void notAskedForAgain(Set<String> blobs, MeteredProxy proxy, int before) {
    List<String> later = proxy.requests().subList(before, proxy.requests().size());
    assertThat(blobs).noneMatch(blob -> later.stream().anyMatch(line -> line.contains(blob)));
  }

  /// Kills a pull when so many bytes moved.
  private int killedAt(MeteredProxy proxy, Path state, Reference reference, long bytes)
      throws Exception {
    var reached = proxy.allow(bytes);
    Process child = pull(state, reference);
    boolean there = reached.await(60, TimeUnit.SECONDS);
    child.destroyForcibly().waitFor();
    return there ? 1 : 0;
  }

  private static Process pull(Path state, Reference reference) throws IOException {
    Files.createDirectories(state);
    return new Child(state).start("pull", reference.toString(), "--name", "i");
  }
}
