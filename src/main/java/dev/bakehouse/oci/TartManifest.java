package dev.bakehouse.oci;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Tart's use of a manifest: VM configuration, slices of the disk in order, NVRAM.
///
/// Layer order and required annotations are those Tart's current main branch enforces.
public record TartManifest(
    Manifest manifest, Descriptor config, List<DiskSlice> disk, Descriptor nvram, long diskSize) {
  static final String CONFIG_TYPE = "application/vnd.cirruslabs.tart.config.v1";
  static final String DISK_TYPE = "application/vnd.cirruslabs.tart.disk.v2";
  static final String NVRAM_TYPE = "application/vnd.cirruslabs.tart.nvram.v1";
  static final String IMAGE_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
  static final String DISK_SIZE = "org.cirruslabs.tart.uncompressed-disk-size";
  static final String UPLOAD_TIME = "org.cirruslabs.tart.upload-time";
  static final String FORMAT_LABEL = "org.cirruslabs.tart.disk.format";
  static final String SLICE_SIZE = "org.cirruslabs.tart.uncompressed-size";
  static final String SLICE_DIGEST = "org.cirruslabs.tart.uncompressed-content-digest";

  /// Bytes of every slice but the last.
  public static final long SLICE = 536_870_912;

  /// Beyond these no disk and no slice goes; Tart's slices have 512 MiB.
  private static final long LARGEST = 1L << 50;

  private static final long LARGEST_SLICE = 1L << 34;

  /// The digest of a full slice of zeros.
  static final Digest ZERO_SLICE =
      new Digest("9acca8e8c22201155389f65abbf6bc9723edc7384ead80503839f49dcc56d767");

  /// A part of the disk image.
  ///
  /// @param offset where it begins in the disk
  /// @param size bytes when decoded
  /// @param content digest of the decoded bytes
  public record DiskSlice(Descriptor blob, long offset, long size, Digest content) {
    boolean zero() {
      return content.equals(ZERO_SLICE);
    }

    boolean is(DiskRecord.Slice made) {
      return made.size() == size && made.content().equals(content);
    }

    /// Whether nothing needs to be written for it.
    boolean hole() {
      return zero() && size == SLICE;
    }
  }

  /// @throws CorruptData that names the rule the manifest breaks
  public static TartManifest of(Manifest manifest, String what) {
    List<Descriptor> layers = manifest.layers();
    if (layers.size() < 3) {
      throw new CorruptData(what, "a VM image has at least 3 layers, this has " + layers.size());
    }
    expect(what, layers.getFirst(), CONFIG_TYPE, "the first layer");
    expect(what, layers.getLast(), NVRAM_TYPE, "the last layer");
    List<DiskSlice> disk = new ArrayList<>();
    long offset = 0;
    for (Descriptor layer : layers.subList(1, layers.size() - 1)) {
      expect(what, layer, DISK_TYPE, "layer " + (disk.size() + 2));
      long size = number(what, annotation(what, layer.annotations(), SLICE_SIZE));
      Digest content = Digest.parse(annotation(what, layer.annotations(), SLICE_DIGEST));
      disk.add(new DiskSlice(layer, offset, size, content));
      offset += size;
      if (size > LARGEST_SLICE || offset > LARGEST || layer.size() < 0 || layer.size() > LARGEST) {
        throw new CorruptData(
            what,
            "its slice %d has %d bytes, %d compressed".formatted(disk.size(), size, layer.size()));
      }
    }
    String declared = manifest.annotations().get(DISK_SIZE);
    if (declared != null && number(what, declared) != offset) {
      throw new CorruptData(
          what, "its slices sum to " + offset + " bytes, it declares a disk of " + declared);
    }
    return new TartManifest(
        manifest, layers.getFirst(), List.copyOf(disk), layers.getLast(), offset);
  }

  /// Bytes of all blobs.
  long size() {
    long slices = disk.stream().mapToLong(slice -> slice.blob().size()).sum();
    return slices + config.size() + nvram.size();
  }

  private static void expect(String what, Descriptor layer, String type, String which) {
    if (!layer.mediaType().equals(type)) {
      throw new CorruptData(what, which + " is of type " + layer.mediaType() + ", not " + type);
    }
  }

  private static String annotation(String what, Map<String, String> all, String key) {
    String value = all.get(key);
    if (value == null) {
      throw new CorruptData(what, "a disk layer lacks the annotation " + key);
    }
    return value;
  }

  private static long number(String what, String text) {
    try {
      long value = Long.parseLong(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new CorruptData(what, "`" + text + "` is not a size");
  }
}
