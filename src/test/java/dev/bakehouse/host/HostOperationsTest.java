package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Self;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The daemon with real agents: how it ends as a service, and the queues its agents are in.
@Tag("agent")
class HostOperationsTest {
  private static final Map<String, String> VM = Map.of("queue", "vm");

  @TempDir Path dir;

  @Test
  void askedToFinishItLetsItsJobsEndAndTakesNoOther() throws Exception {
    try (Oven oven = new Oven(dir)) {
      HostSettings settings = oven.settings(1, "");
      Path began = dir.resolve("began");
      Path go = dir.resolve("go");
      try (Guarded daemon = daemon(settings)) {
        oven.await(1, "queue=vm");
        String running =
            oven.create("touch " + began + "; while ! test -e " + go + "; do sleep 0.1; done", VM);
        Oven.await(began);
        daemon.terminate();
        Object _ =
            Poll.until(
                "the daemon to finish",
                Oven.LONG,
                () ->
                    new StatusFile(settings)
                        .read()
                        .filter(status -> status.away().contains("when its jobs have ended")));
        String next = oven.create("true", VM);
        assertThat(daemon.alive()).isTrue();
        Files.createFile(go);
        assertThat(oven.ended(running).passed()).isTrue();
        assertThat(daemon.await(Oven.LONG)).hasValue(143);
        assertThat(oven.coordinator.build(next).ended()).isFalse();
      }
    }
  }

  private static Guarded daemon(HostSettings settings) {
    Path state = settings.state();
    return Guardian.of(
            Command.of(Self.argv("host", "run", "--finish", "--config"))
                .and(settings.file().toString()),
            state,
            state.resolve("host.log"),
            state.resolve("host.pid"))
        .grace(Oven.LONG)
        .start();
  }

  @Test
  void routedByQueuesAnAgentMovesWhenItsImageIsThere() throws Exception {
    try (Oven oven = new Oven(dir)) {
      oven.start(oven.settings(1, ", routing: queues"));
      oven.await(1, "queue=vm-prep", "vm-ready=false");
      var _ = oven.store().adopt("first", DiskFixture.make(dir.resolve("vm"), 1), Map.of(), "test");
      oven.await(1, "queue=vm-ready", "vm-ready=true");
    }
  }
}
