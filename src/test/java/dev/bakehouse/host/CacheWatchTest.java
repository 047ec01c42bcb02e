package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.volume.Publication;
import dev.bakehouse.volume.Publications;
import dev.bakehouse.volume.VolumeKey;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// What jobs left on volumes is brought to the store, whatever became of the one before.
class CacheWatchTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final String BAD = "00000000-0000-0000-0000-000000000001";
  private static final String GOOD = "00000000-0000-0000-0000-000000000002";

  @TempDir Path dir;
  private Publications publications;
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch stop = new CountDownLatch(1);

  @BeforeEach
  void make() throws IOException {
    publications = new Publications(new Volumes(dir));
    waiting(BAD, 1);
    waiting(GOOD, 2);
  }

  @Test
  void oneThatFailsIsTriedLaterAndLaterAndHoldsUpNoOther() throws Exception {
    List<String> tried = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch often = new CountDownLatch(3);
    CacheWatch watch =
        new CacheWatch(
            publications,
            id -> {
              tried.add(id);
              if (id.equals(GOOD)) {
                Trees.delete(publications.root().resolve(id));
              } else {
                often.countDown();
                throw new IllegalStateException("no room for it");
              }
            },
            Duration.ofMillis(700),
            said::add,
            stop);
    long start = System.nanoTime();
    Thread thread = Thread.ofPlatform().start(watch::run);
    often.await();
    stop.countDown();
    thread.join();
    assertThat(tried).startsWith(BAD, GOOD, BAD).endsWith(BAD).hasSize(4);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(2100));
    assertThat(said).containsExactly("Caches: could not save " + BAD + ": no room for it");
  }

  /// What is saved last counts as the newest.
  @Test
  void anOlderGenerationIsNotOvertakenByANewerOneOfItsVolume() throws Exception {
    VolumeKey key = new VolumeKey("o.test/branch/main/linux-x64", "build", List.of("zig"));
    String record =
        JsonMapper.builder()
            .build()
            .writeValueAsString(
                new Publication(key, List.of("disk.qcow2"), JsonNodeFactory.instance.objectNode()));
    waiting(BAD, 1, record);
    waiting(GOOD, 2, record);
    List<String> tried = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch all = new CountDownLatch(3);
    CacheWatch watch =
        new CacheWatch(
            publications,
            id -> {
              tried.add(id);
              all.countDown();
              if (tried.size() == 1) {
                throw new IllegalStateException("no store");
              }
              Trees.delete(publications.root().resolve(id));
            },
            Duration.ofMillis(1),
            said::add,
            stop);
    Thread thread = Thread.ofPlatform().start(watch::run);
    all.await();
    stop.countDown();
    thread.join();
    assertThat(tried).containsExactly(BAD, BAD, GOOD);
  }

  @Test
  void eachHasAProcessOfItsOwnWhichEndsWithTheWatch() throws Exception {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config,
        "host: {state: '%s'}\ncache: {store: 'dir:%s'}\n".formatted(dir, dir.resolve("store")));
    CacheWatch.of(HostSettings.read(config), said::add, stop).start();
    Poll.until(
        "the end of both",
        MINUTE,
        () -> publications.waiting().isEmpty() ? Optional.of(true) : Optional.empty());
    Poll.until("what both say", MINUTE, () -> Optional.of(true).filter(_ -> said.size() == 2));
    assertThat(said).allMatch(line -> line.contains("not saved, and given up"));
    // A configuration that the process can not read to its end: it waits as long as it is let.
    Path pid = publications.root().resolve(".pid");
    Files.deleteIfExists(pid);
    Files.delete(config);
    dev.bakehouse.platform.Command.of("mkfifo", config.toString()).check();
    waiting(GOOD, 3);
    Identity process =
        Poll.until(
            "the process",
            MINUTE,
            () -> Optional.of(pid).filter(Files::exists).flatMap(Identity::read));
    try (FileChannel _ = FileChannel.open(config, StandardOpenOption.WRITE)) {
      assertThat(process.alive()).isPresent();
      stop.countDown();
      Poll.until("its end", MINUTE, () -> Optional.of(true).filter(_ -> process.alive().isEmpty()));
    }
    assertThat(publications.waiting()).hasSize(1);
  }

  private void waiting(String id, int since) throws IOException {
    waiting(id, since, "{}");
  }

  private void waiting(String id, int since, String json) throws IOException {
    Path record =
        Files.writeString(
            Trees.make(publications.root().resolve(id)).resolve("publication.json"), json);
    Files.setLastModifiedTime(record, FileTime.fromMillis(since * 1000L));
  }
}
