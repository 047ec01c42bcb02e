package dev.bakehouse.oci;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// An image of many small slices, as no tool makes but every reader must take: what happens to a
/// large one happens to it in seconds. It has no chunk index.
public record SmallSlices(Manifest manifest, byte[] disk, long largestBlob) {
  public static SmallSlices push(Repository to, Path temp, int slices, long seed, String tag)
      throws IOException {
    Random random = new Random(seed);
    ByteArrayOutputStream disk = new ByteArrayOutputStream();
    List<Descriptor> layers = new ArrayList<>();
    layers.add(blob(to, temp, TartManifest.CONFIG_TYPE, text("{\"os\":\"linux\"}"), Map.of()));
    long largest = 0;
    for (int i = 0; i < slices; i++) {
      byte[] raw = new byte[1_000_000 + random.nextInt(5000)];
      byte[] noise = new byte[500_000 + random.nextInt(200_000)];
      random.nextBytes(noise);
      System.arraycopy(noise, 0, raw, random.nextInt(200_000), noise.length);
      disk.write(raw);
      Descriptor slice =
          blob(
              to,
              temp,
              TartManifest.DISK_TYPE,
              AppleLz4Test.frame(raw),
              Map.of(
                  TartManifest.SLICE_SIZE,
                  Integer.toString(raw.length),
                  TartManifest.SLICE_DIGEST,
                  Digest.of(raw).toString()));
      layers.add(slice);
      largest = Math.max(largest, slice.size());
    }
    layers.add(blob(to, temp, TartManifest.NVRAM_TYPE, text("nvram" + seed), Map.of()));
    Descriptor config = blob(to, temp, TartManifest.IMAGE_CONFIG_TYPE, text("{}"), Map.of());
    Manifest manifest = Manifest.of(config, layers, Map.of());
    to.putManifest(manifest, tag);
    return new SmallSlices(manifest, disk.toByteArray(), largest);
  }

  public long transferSize() {
    return TartManifest.of(manifest, "it").size();
  }

  /// Blobs of slices that a pull, interrupted or not, has noted as finished.
  public Set<String> finished(Path partial) throws IOException {
    Set<Digest> contents = new HashSet<>();
    DiskRecord.read(partial, slice -> contents.add(slice.content()));
    Set<String> blobs = new HashSet<>();
    TartManifest.of(manifest, "it").disk().stream()
        .filter(slice -> contents.contains(slice.content()))
        .forEach(slice -> blobs.add(slice.blob().digest().toString()));
    return blobs;
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static Descriptor blob(
      Repository to, Path temp, String type, byte[] bytes, Map<String, String> annotations)
      throws IOException {
    Path file = Files.createTempFile(temp, "blob", "");
    Files.write(file, bytes);
    to.writeBlob(Digest.of(bytes), file);
    return new Descriptor(type, Digest.of(bytes), bytes.length, annotations);
  }
}
