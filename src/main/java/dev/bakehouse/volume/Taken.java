package dev.bakehouse.volume;

import dev.bakehouse.platform.Durable;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// The disk of a VM that has ended, in a draft: what becomes a volume's next generation by [#keep],
/// or goes by [#close].
public final class Taken implements AutoCloseable {
  private final Volumes volumes;
  private final Path draft;
  private final List<String> layers;

  Taken(Volumes volumes, Path draft, List<String> layers) {
    this.volumes = volumes;
    this.draft = draft;
    this.layers = List.copyOf(layers);
  }

  /// Makes it the newest generation of a volume, and a publication that waits to be brought to the
  /// store. Another generation that was kept meanwhile is replaced; it has its own publication.
  ///
  /// @param build the build whose job left it so
  /// @param about what whoever publishes it must know, in a form of theirs
  public Kept keep(VolumeKey key, String build, JsonNode about) throws IOException {
    Durable.sync(draft.resolve(layers.getLast()));
    Durable.sync(draft);
    try (ExclusiveLock _ = volumes.lock()) {
      Publications publications = new Publications(volumes);
      String id = publications.add(draft, new Publication(key, layers, about));
      return new Kept(volumes.keep(publications.files(id), layers, key, build), id);
    }
  }

  /// @param publication its id
  public record Kept(Volume volume, String publication) {}

  /// Deletes the draft, if it was not kept.
  @Override
  public void close() {
    try {
      Trees.delete(draft);
    } catch (IOException e) {
      // The next sweep does it.
    }
  }
}
