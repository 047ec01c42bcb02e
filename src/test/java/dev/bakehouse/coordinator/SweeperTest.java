package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Poll;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweeperTest {
  private static final Duration LOST = Duration.ofSeconds(6);
  private static final Duration STILL = Duration.ofSeconds(7);

  @TempDir Path dir;

  /// A disk that hangs keeps agents from being heard: their jobs would run twice.
  @Test
  void aCoordinatorThatStoodStillLosesNoAgentForThat() {
    Changes changes = new Changes();
    try (Database database = Database.open(dir.resolve("db"), changes)) {
      Tokens tokens = new Tokens(dir.resolve("tokens"));
      Core core = Core.of(Config.of(0, dir).lostAfter(LOST), database, changes, tokens);
      Lifecycle lifecycle = new Lifecycle(core, new Scheduler(core));
      database.run(
          tx ->
              tx.update(
                  "INSERT INTO agents (id, name, hostname, version, tags, state, ignored, stopping,"
                      + " paused, created) VALUES ('a','a','h','3','[]','connected',0,0,0,0)"));
      core.heard("a");
      try (Waiting waiting = new Waiting(core, new Dispatcher(core, lifecycle));
          Sweeper _ = new Sweeper(core, lifecycle, waiting)) {
        database.run(tx -> hang());
        long hung = System.nanoTime();
        String state =
            Poll.until(
                "a look at the agents",
                Duration.ofSeconds(20),
                () ->
                    Optional.of(database.read(tx -> Agent.get(tx, "a").state()))
                        .filter(s -> s.equals("lost") || core.seen().getOrDefault("a", 0L) > hung));
        assertThat(state).isEqualTo("connected");
      }
    }
  }

  private static void hang() {
    long end = System.nanoTime() + STILL.toNanos();
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
