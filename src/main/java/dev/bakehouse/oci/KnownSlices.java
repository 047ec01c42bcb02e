package dev.bakehouse.oci;

import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Blobs of slices that other images have, by the slices' content: whoever compressed one, it is
/// not compressed or sent again. Safe for several threads once made.
final class KnownSlices {
  private final Repository repository;
  private final Map<Digest, List<Known>> all = new HashMap<>();

  private record Known(Image image, DiskSlice slice) {}

  private final class Image {
    final Parent parent;
    private Optional<Boolean> whole = Optional.empty();
    private Optional<ChunkArtifact> chunks = Optional.empty();

    Image(Parent parent) {
      this.parent = parent;
    }

    /// Whether the repository has the image itself, and so its blobs.
    synchronized boolean whole() {
      if (whole.isEmpty()) {
        String digest = parent.manifest().digest().toString();
        whole = Optional.of(repository.head(digest).isPresent());
      }
      return whole.get();
    }

    synchronized ChunkArtifact chunks() {
      if (chunks.isEmpty()) {
        Repository source = whole() ? repository : parent.origin().orElse(repository);
        chunks = Optional.of(ChunkArtifact.of(source, parent.manifest(), Progress.NONE));
      }
      return chunks.get();
    }

    /// Whether the repository has a blob of it, or takes it over from where the image is.
    boolean lends(Descriptor blob) {
      return (whole() && repository.keeps(blob))
          || repository.hasBlob(blob)
          || parent.origin().filter(o -> repository.mount(blob.digest(), o.name())).isPresent();
    }
  }

  /// A blob that needs not be made.
  ///
  /// @param index its chunk index, when it has one in the repository
  record Found(Descriptor blob, Optional<Descriptor> index) {}

  KnownSlices(Repository repository, List<Parent> parents) {
    this.repository = repository;
    for (Parent parent : parents) {
      try {
        Digest digest = parent.manifest().digest();
        TartManifest image = TartManifest.of(parent.manifest(), "The parent image " + digest);
        Image known = new Image(parent);
        image
            .disk()
            .forEach(
                slice ->
                    all.computeIfAbsent(slice.content(), c -> new ArrayList<>())
                        .add(new Known(known, slice)));
      } catch (CorruptData e) {
        // Not an image of this kind: nothing to be had from it.
      }
    }
  }

  boolean has(Digest content) {
    return all.containsKey(content);
  }

  /// Sees to it that the repository has a blob of a slice, without moving it.
  Optional<Found> find(Digest content, long size) throws IOException {
    for (Known known : all.getOrDefault(content, List.of())) {
      Descriptor blob = known.slice().blob();
      if (known.slice().size() == size && known.image().lends(blob)) {
        return Optional.of(new Found(blob, index(known)));
      }
    }
    return Optional.empty();
  }

  private Optional<Descriptor> index(Known known) throws IOException {
    Image image = known.image();
    Optional<Descriptor> index = image.chunks().descriptor(known.slice().blob().digest());
    if (index.isEmpty() || image.lends(index.get())) {
      return index;
    }
    return copied(image, index.get()) ? index : Optional.empty();
  }

  /// Brings an index from another registry: it is small.
  private boolean copied(Image image, Descriptor index) throws IOException {
    if (image.parent.origin().isEmpty() || index.size() > SliceIndex.LARGEST) {
      return false;
    }
    Path file = Scratch.file(repository.staging());
    try (InputStream in = image.parent.origin().get().blob(index.digest(), 0)) {
      byte[] bytes = in.readNBytes(SliceIndex.LARGEST);
      if (!Digest.of(bytes).equals(index.digest())) {
        return false;
      }
      Files.write(file, bytes);
      repository.writeBlob(index.digest(), file);
      return true;
    } catch (UserError e) {
      return false;
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
