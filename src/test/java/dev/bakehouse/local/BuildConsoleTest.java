package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.coordinator.BuildEvent;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.coordinator.JobView;
import dev.bakehouse.pipeline.Pipeline;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuildConsoleTest {
  @TempDir Path dir;

  @Test
  void progressIsShownAsATerminalWouldInTheEnd() {
    JobView job;
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir))) {
      Pipeline pipeline = Pipeline.parse("test", "steps: [{key: one, command: 'true'}]");
      BuildRequest request = new BuildRequest("test", "/none", "HEAD", "main", "A", Map.of());
      job = coordinator.build(coordinator.create(request, pipeline)).jobs().getFirst();
    }
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    BuildConsole console = new BuildConsole(new PrintStream(told), true);
    for (String part :
        new String[] {"Counting:  50%\rCount", "ing: 100%\r", "\nfrom Windows\r\r\n\nlast\rend"}) {
      console.accept(new BuildEvent.Log(job, part.getBytes(StandardCharsets.UTF_8)));
    }
    console.accept(
        new BuildEvent.Log(job, ("\n" + "x".repeat(200_000)).getBytes(StandardCharsets.UTF_8)));
    assertThat(
            told.toString(StandardCharsets.UTF_8).lines().map(line -> line.replaceAll(".*│ ", "")))
        .startsWith("Counting: 100%", "from Windows", "end", "x".repeat(1 << 16));
  }
}
