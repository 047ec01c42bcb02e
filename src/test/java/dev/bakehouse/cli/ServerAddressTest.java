package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.coordinator.Coordinator;
import dev.bakehouse.platform.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// Who is asked, and with which token.
class ServerAddressTest {
  @TempDir Path dir;

  @Test
  void theTokenOfTheCoordinatorHereIsForItAlone() throws Exception {
    try (Coordinator coordinator = Coordinator.start(Config.of(0, dir))) {
      String own = coordinator.address() + "/v2";
      assertThat(client().address()).hasToString(own);
      assertThat(client("--address", own).address()).hasToString(own);
      int port = coordinator.address().getPort();
      for (String other :
          new String[] {"http://localhost:" + port + "/v2", "https://api.example.org/v2"}) {
        assertThatThrownBy(() -> client("--address", other))
            .isInstanceOf(UserError.class)
            .hasMessage("There is no API token for " + other);
        Path token = Files.writeString(dir.resolve("token"), "theirs\n");
        assertThat(client("--address", other, "--token-file", token.toString()).address())
            .hasToString(other);
      }
    }
  }

  @Test
  void aFileWithMoreThanATokenIsNotSentAndNotShown() throws Exception {
    for (String text : new String[] {"", "first\nsecond", "two words", "t\u00f6ken"}) {
      Path token = Files.writeString(dir.resolve("token"), text);
      assertThatThrownBy(() -> client("--address", "http://h/v2", "--token-file", token.toString()))
          .isInstanceOf(UserError.class)
          .hasMessageContaining(token + " holds no API token")
          .hasMessageNotContainingAny("first", "second", "two", "\u00f6ken");
    }
    assertThatThrownBy(() -> client("--address", "foo"))
        .hasMessage("--address is no address of a web server: `foo`");
  }

  private RestClient client(String... more) {
    String[] args =
        Stream.concat(Stream.of("--state", dir.toString()), Stream.of(more)).toArray(String[]::new);
    return CommandLine.populateCommand(new ServerOptions(), args).client();
  }
}
