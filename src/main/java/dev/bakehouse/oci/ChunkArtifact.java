package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The chunk indexes of an image: an artifact beside it, which the image's manifest names by digest
/// in an annotation. Its layers are [SliceIndex] blobs, each annotated with the slice blob it is
/// of. Others ignore it, and where it is missing or wrong, slices are moved whole.
final class ChunkArtifact {
  static final String ANNOTATION = "dev.bakehouse.image.chunks";
  private static final String TYPE = "application/vnd.bakehouse.image.chunks.v1";
  private static final String SLICE_TYPE = "application/vnd.bakehouse.image.chunks.slice.v1";
  private static final String BLOB = "dev.bakehouse.image.chunks.blob";
  private static final String DATA = "dev.bakehouse.image.chunks.data";

  private final Repository repository;
  private final Map<String, Descriptor> indexes;

  private ChunkArtifact(Repository repository, Map<String, Descriptor> indexes) {
    this.repository = repository;
    this.indexes = indexes;
  }

  /// Reads the artifact of an image; one without entries when there is none.
  static ChunkArtifact of(Repository repository, Manifest image, Progress progress) {
    String digest = image.annotations().getOrDefault(ANNOTATION, "");
    Map<String, Descriptor> all = new HashMap<>();
    try {
      if (!digest.isEmpty()) {
        Manifest manifest = repository.manifest(Digest.parse(digest).toString());
        manifest
            .layers()
            .forEach(layer -> layer.annotation(BLOB).ifPresent(blob -> all.put(blob, layer)));
      }
    } catch (UserError e) {
      progress.note("no chunk index, slices move whole: " + e.getMessage());
    }
    return new ChunkArtifact(repository, all);
  }

  /// An index blob's descriptor.
  ///
  /// @param data raw bytes of the slice that are not in zero blocks
  static Descriptor descriptor(Digest slice, byte[] index, long data) {
    return new Descriptor(
        SLICE_TYPE,
        Digest.of(index),
        index.length,
        Map.of(BLOB, slice.toString(), DATA, Long.toString(data)));
  }

  static Manifest manifest(List<Descriptor> indexes) {
    return Manifest.artifact(TYPE, indexes, Map.of());
  }

  /// Keeps the artifact from being taken for garbage.
  static String tag(List<Descriptor> slices) {
    String all = slices.stream().map(slice -> slice.digest() + "\n").collect(Collectors.joining());
    return "chunks-" + Digest.of(all.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
  }

  Optional<Descriptor> descriptor(Digest slice) {
    return Optional.ofNullable(indexes.get(slice.toString()));
  }

  /// What a slice takes up on a disk, when it is known without reading the index.
  OptionalLong data(DiskSlice slice) {
    return descriptor(slice.blob().digest())
        .flatMap(index -> index.annotation(DATA))
        .filter(text -> text.matches("\\d{1,10}"))
        .map(text -> OptionalLong.of(Math.min(Long.parseLong(text), slice.size())))
        .orElse(OptionalLong.empty());
  }

  /// A slice's index, read from the repository.
  Optional<SliceIndex> index(DiskSlice slice, Progress progress) throws IOException {
    Optional<Descriptor> layer = descriptor(slice.blob().digest());
    if (layer.isEmpty() || layer.get().size() > SliceIndex.LARGEST) {
      return Optional.empty();
    }
    Digest digest = layer.get().digest();
    String what = "The chunk index " + digest + " of " + repository.name();
    try (InputStream in = repository.blob(digest, 0)) {
      byte[] bytes = in.readNBytes(SliceIndex.LARGEST);
      progress.moved(bytes.length);
      if (!Digest.of(bytes).equals(digest)) {
        throw new CorruptData(what, "its bytes have " + Digest.of(bytes));
      }
      return Optional.of(SliceIndex.decode(bytes, slice.size(), slice.blob().size(), what));
    } catch (UserError e) {
      progress.note("the slice " + slice.blob().digest() + " moves whole: " + e.getMessage());
      return Optional.empty();
    }
  }

  /// All there is, by slice blob.
  Map<String, Descriptor> all() {
    return new TreeMap<>(indexes);
  }
}
