package dev.bakehouse.image;

import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.Repositories;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A host's store, its way to repositories and its log.
final class Fixture {
  final ImageStore store;
  final Repositories repositories;
  final Transfer transfer;
  final Log log;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  Fixture(Path state) {
    Path none = Path.of("/nonexistent");
    store = new ImageStore(state.resolve("images"));
    repositories =
        new Repositories(
            new Credentials(Map.of(), none, none, none, List.of()), true, state.resolve("up"));
    log = new Log(new PrintStream(said, true, StandardCharsets.UTF_8));
    transfer = new Transfer(store, repositories, log);
  }

  String said() {
    return said.toString(StandardCharsets.UTF_8);
  }
}
