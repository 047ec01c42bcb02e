package dev.bakehouse.oci;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Writes a VM image of a directory (`disk.img`, `config.json`, `nvram.bin`) to a repository in
/// Tart's format. A slice that another known image has keeps that image's descriptor, whoever
/// compressed it; it is not even read when the directory's `chunks.bin` tells its content. Memory
/// is a few MiB for each core.
public final class TartPush {
  private static final JsonMapper JSON = new JsonMapper();

  private final Repository repository;
  private final List<Parent> parents;
  private final Path staging;
  private final Progress progress;

  /// @param parents images that share slices with this one, the nearest first
  /// @param staging where compressed slices lie until they are stored, and, after a kill, for the
  ///   next push of the same image; no other push may use it meanwhile
  public TartPush(Repository repository, List<Parent> parents, Path staging, Progress progress) {
    this.repository = repository;
    this.parents = parents;
    this.staging = staging;
    this.progress = progress;
  }

  /// Stores all blobs and the chunk index, then the manifest under each tag.
  ///
  /// @param labels for the image's configuration
  /// @param annotations for the manifest, besides Tart's own
  public Manifest push(
      Path directory,
      List<String> tags,
      Map<String, String> labels,
      Map<String, String> annotations)
      throws IOException {
    long size = Files.size(directory.resolve("disk.img"));
    progress.total(size);
    PushStaging kept = new PushStaging(staging);
    byte[] config = Files.readAllBytes(directory.resolve("config.json"));
    Path nvram = directory.resolve("nvram.bin");
    List<Descriptor> layers = new ArrayList<>();
    layers.add(small(TartManifest.CONFIG_TYPE, config));
    List<PushedSlice> slices;
    try (DiskPush disk =
        new DiskPush(repository, new KnownSlices(repository, parents), kept, progress)) {
      slices = disk.push(directory);
    }
    List<Descriptor> blobs = slices.stream().map(PushedSlice::blob).toList();
    layers.addAll(blobs);
    layers.add(
        small(
            TartManifest.NVRAM_TYPE,
            Files.exists(nvram) ? Files.readAllBytes(nvram) : new byte[0]));
    Map<String, String> notes = new HashMap<>(annotations);
    notes.put(TartManifest.DISK_SIZE, Long.toString(size));
    notes.put(TartManifest.UPLOAD_TIME, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    List<Descriptor> indexes = slices.stream().flatMap(s -> s.index().stream()).distinct().toList();
    if (!indexes.isEmpty()) {
      notes.put(ChunkArtifact.ANNOTATION, chunks(indexes, blobs).toString());
    }
    Descriptor imageConfig =
        small(TartManifest.IMAGE_CONFIG_TYPE, imageConfig(JSON.readTree(config), labels));
    Manifest manifest = Manifest.of(imageConfig, layers, notes);
    tags.forEach(tag -> repository.putManifest(manifest, tag));
    kept.clear();
    return manifest;
  }

  private Digest chunks(List<Descriptor> indexes, List<Descriptor> slices) throws IOException {
    Manifest chunks = ChunkArtifact.manifest(indexes);
    if (repository.head(chunks.digest().toString()).isEmpty()) {
      small(chunks.config().mediaType(), Manifest.EMPTY_BYTES);
      repository.putManifest(chunks, ChunkArtifact.tag(slices));
    }
    return chunks.digest();
  }

  private Descriptor small(String type, byte[] bytes) throws IOException {
    Descriptor descriptor = new Descriptor(type, Digest.of(bytes), bytes.length, Map.of());
    Blobs.write(repository, descriptor.digest(), bytes, progress);
    return descriptor;
  }

  private static byte[] imageConfig(JsonNode vm, Map<String, String> labels) {
    Map<String, String> all = new TreeMap<>(labels);
    all.put(TartManifest.FORMAT_LABEL, vm.path("diskFormat").asString("raw"));
    Map<String, Object> config = new TreeMap<>();
    config.put("architecture", vm.path("arch").asString("arm64"));
    config.put("os", vm.path("os").asString("darwin"));
    config.put("config", Map.of("Labels", all));
    return JSON.writeValueAsBytes(config);
  }
}
