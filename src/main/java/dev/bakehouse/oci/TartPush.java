package dev.bakehouse.oci;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Writes a VM image of a directory (`disk.img`, `config.json`, `nvram.bin`) to a repository in
/// Tart's format. Where a slice still has the content a parent image gave it, the parent's
/// descriptor is kept, whoever compressed it. Memory is a few MiB for each core; a compressed slice
/// lies in the repository's staging directory until it is stored.
public final class TartPush {
  private static final int CHUNK = 1 << 20;
  private static final JsonMapper JSON = new JsonMapper();

  private final Repository repository;
  private final Progress progress;
  private final Map<Long, TartManifest.DiskSlice> parent;

  /// @param parent an image this one was made from, when its manifest is known
  public TartPush(Repository repository, Optional<Manifest> parent, Progress progress) {
    this.repository = repository;
    this.progress = progress;
    this.parent =
        parent
            .map(m -> TartManifest.of(m, "The parent image " + m.digest()).disk())
            .orElse(List.of())
            .stream()
            .collect(Collectors.toMap(TartManifest.DiskSlice::offset, slice -> slice));
  }

  /// Stores all blobs, then the manifest under each tag.
  ///
  /// @param labels for the image's configuration
  /// @param annotations for the manifest, besides Tart's own
  public Manifest push(
      Path directory,
      List<String> tags,
      Map<String, String> labels,
      Map<String, String> annotations)
      throws IOException {
    Path disk = directory.resolve("disk.img");
    long size = Files.size(disk);
    progress.total(size);
    byte[] config = Files.readAllBytes(directory.resolve("config.json"));
    Path nvram = directory.resolve("nvram.bin");
    List<Descriptor> layers = new ArrayList<>();
    layers.add(small(TartManifest.CONFIG_TYPE, config));
    try (SliceReader in = new SliceReader(disk)) {
      List<Callable<Descriptor>> tasks = new ArrayList<>();
      for (long offset = 0; offset < size; offset += TartManifest.SLICE) {
        long from = offset;
        long length = Math.min(TartManifest.SLICE, size - offset);
        tasks.add(() -> slice(in, from, length));
      }
      layers.addAll(Parallel.run("push to " + repository.name(), tasks));
    }
    layers.add(
        small(
            TartManifest.NVRAM_TYPE,
            Files.exists(nvram) ? Files.readAllBytes(nvram) : new byte[0]));
    Map<String, String> notes = new HashMap<>(annotations);
    notes.put(TartManifest.DISK_SIZE, Long.toString(size));
    notes.put(TartManifest.UPLOAD_TIME, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    Descriptor imageConfig =
        small(TartManifest.IMAGE_CONFIG_TYPE, imageConfig(JSON.readTree(config), labels));
    Manifest manifest = Manifest.of(imageConfig, layers, notes);
    tags.forEach(tag -> repository.putManifest(manifest, tag));
    return manifest;
  }

  private Descriptor slice(SliceReader in, long offset, long length) throws IOException {
    TartManifest.DiskSlice old = parent.get(offset);
    if (old != null
        && old.size() == length
        && repository.hasBlob(old.blob().digest())
        && in.digest(offset, length).equals(old.content())) {
      progress.advance(length);
      return old.blob();
    }
    Path file = Files.createTempFile(repository.staging(), "slice", ".lz4");
    try {
      boolean zero = in.isZeroSlice(offset, length);
      MessageDigest content = Digest.hasher();
      MessageDigest blob = Digest.hasher();
      try (OutputStream raw = Files.newOutputStream(file);
          OutputStream out = new BufferedOutputStream(new DigestOutputStream(raw, blob), CHUNK)) {
        AppleLz4Writer writer = new AppleLz4Writer(out);
        in.read(
            offset,
            length,
            (bytes, from, n) -> {
              if (!zero) {
                content.update(bytes, from, n);
              }
              writer.write(bytes, from, n);
              progress.advance(n);
            });
        writer.finish();
      }
      Map<String, String> annotations =
          Map.of(
              TartManifest.SLICE_SIZE, Long.toString(length),
              TartManifest.SLICE_DIGEST,
                  (zero ? TartManifest.ZERO_SLICE : Digest.finish(content)).toString());
      Descriptor descriptor =
          new Descriptor(
              TartManifest.DISK_TYPE, Digest.finish(blob), Files.size(file), annotations);
      repository.writeBlob(descriptor.digest(), file);
      return descriptor;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private Descriptor small(String type, byte[] bytes) throws IOException {
    Descriptor descriptor = new Descriptor(type, Digest.of(bytes), bytes.length, Map.of());
    Path file = Files.createTempFile(repository.staging(), "blob", "");
    try {
      Files.write(file, bytes);
      repository.writeBlob(descriptor.digest(), file);
    } finally {
      Files.deleteIfExists(file);
    }
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
