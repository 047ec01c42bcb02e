package dev.bakehouse.rollout;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.DiskFixture;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A repository with images, a pair of keys, and hosts that follow.
final class Site {
  final Path dir;
  final Reference place;
  final Repositories repositories;
  final RolloutConfig config;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  final Log log = new Log(new PrintStream(said, true, StandardCharsets.UTF_8));

  /// @param repository `oci:DIR`, or a registry's
  Site(Path dir, String repository) {
    this(dir, repository, Keys.generate(dir.resolve("key")));
  }

  /// One whose keys were made already.
  Site(Path dir, String repository, String publicKey) {
    this.dir = dir;
    this.place = Reference.parse(repository + ":rollout");
    Path none = Path.of("/nonexistent");
    this.repositories =
        new Repositories(
            new Credentials(Map.of(), none, none, none, List.of()), true, dir.resolve("up"));
    this.config = config(publicKey);
  }

  RolloutConfig config(String publicKey) {
    return new RolloutConfig(
        Optional.empty(),
        Optional.of(dir.resolve("key")),
        List.of(publicKey),
        Duration.ofSeconds(1),
        Duration.ZERO);
  }

  Promoter promoter() {
    return new Promoter(repositories, place, config, Map.of(), "admin@desk", log);
  }

  Board board() {
    return new Board(repositories.open(place), place);
  }

  Board board(Duration grace) {
    return new Board(repositories.open(place), place, grace);
  }

  Document document() {
    return board().read(config).orElseThrow().document();
  }

  /// Pushes an image of that content under a tag.
  Target push(String tag, long seed) throws IOException {
    ImageStore store = new ImageStore(dir.resolve("maker"));
    store.adopt(tag, DiskFixture.make(dir.resolve("disk-" + tag), seed), Map.of(), "test");
    String digest =
        new Transfer(store, repositories, log).push(tag, place.with(tag), List.of(tag)).toString();
    return new Target(tag, digest);
  }

  String said() {
    return said.toString(StandardCharsets.UTF_8);
  }

  Host host(String name) {
    return new Host(name);
  }

  /// One host: its state, its store and what its jobs were made ready for.
  final class Host {
    final StateFile file;
    final ImageStore store;
    final List<String> ready = new ArrayList<>();
    private final String name;
    private final Follower follower;
    private final Distribution distribution;
    private Optional<RuntimeException> fault = Optional.empty();

    private Host(String name) {
      this.name = name;
      Path state = dir.resolve(name);
      this.file = new StateFile(state);
      this.store = new ImageStore(state.resolve("images"));
      this.follower =
          new Follower(name, file, store, repositories, config, place, this::prepare, log);
      this.distribution = new Distribution(file, store, repositories, log);
      dev.bakehouse.platform.Directories.makePrivate(state);
    }

    private void prepare(LocalImage image) {
      if (fault.isPresent()) {
        throw fault.get();
      }
      ready.add(image.name());
    }

    void failing(RuntimeException why) {
      fault = Optional.of(why);
    }

    void mended() {
      fault = Optional.empty();
    }

    HostState poll() {
      HostState _ = follower.poll();
      distribution.run();
      return file.load();
    }

    /// The tag of what the next job runs in; `configured` when the rollout says nothing.
    String runs() {
      return poll().inForce().map(now -> now.target().name()).orElse("configured");
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
