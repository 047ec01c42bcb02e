package dev.bakehouse.image;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// What an image is made from: the base's digest, the bootstrap script's bytes and the declared
/// inputs. Not the product's version.
///
/// @param base digest of the base image; empty when nobody could tell
/// @param inputs hex digest of script and inputs
/// @param parts what that digest is made of; only for telling differences
public record Identity(Optional<String> base, String inputs, Parts parts) {
  /// Label of the image and annotation of its manifest.
  public static final String LABEL = "dev.bakehouse.image.identity";

  static final String BASE_LABEL = "dev.bakehouse.image.base";
  static final String INPUTS_LABEL = "dev.bakehouse.image.inputs";

  Identity(Optional<String> base, String inputs) {
    this(base, inputs, Parts.UNKNOWN);
  }

  /// Whether an image carries a wanted identity.
  enum Match {
    SAME,
    OTHER,
    UNLABELLED
  }

  /// @param baseDigest is asked last, when the checkout is found right
  /// @param script relative to the root; counts as empty where there is none, so that a checkout
  ///   that only pulls needs none
  /// @param inputs files and directories, relative to the root
  public static Identity of(
      Path root, Supplier<Optional<String>> baseDigest, String script, List<String> inputs) {
    MessageDigest hasher = Digests.sha256();
    SortedMap<String, String> each = new TreeMap<>();
    SortedMap<String, String> declared = new TreeMap<>();
    String scriptDigest = "";
    List<String> checkpoints = List.of();
    try {
      Path own = inside(root, script);
      if (Files.exists(own)) {
        byte[] bytes = add(hasher, root, own);
        scriptDigest = Digest.of(bytes).hex();
        checkpoints = Checkpoints.of(bytes);
      }
      for (String input : inputs.stream().sorted().toList()) {
        MessageDigest entry = Digests.sha256();
        for (Path file : files(inside(root, input))) {
          String name = root.relativize(file).toString();
          Digest digest = Digest.of(add(hasher, root, inside(root, name)));
          each.put(name, Parts.brief(digest.hex()));
          entry.update((digest.hex() + " " + name + "\n").getBytes(StandardCharsets.UTF_8));
        }
        declared.put(input, Parts.brief(Digests.hex(entry)));
      }
    } catch (IOException e) {
      throw new UserError(
          "Could not read what the image is made from: " + e,
          "Check `image.bootstrap-script` and `image.inputs` in bakehouse.yml.",
          e);
    }
    Parts parts = new Parts(scriptDigest, each, declared, checkpoints);
    return new Identity(baseDigest.get(), Digests.hex(hasher), parts);
  }

  /// 64 hex digits.
  public String hex() {
    return Digest.of((base.orElse("unknown") + "\n" + inputs).getBytes(StandardCharsets.UTF_8))
        .hex();
  }

  public Map<String, String> labels() {
    Map<String, String> all = new LinkedHashMap<>(parts.labels());
    all.put(LABEL, hex());
    all.put(BASE_LABEL, base.orElse(""));
    all.put(INPUTS_LABEL, inputs);
    return all;
  }

  /// When the base could not be asked for, script and inputs decide.
  Match match(Map<String, String> labels) {
    String label = labels.getOrDefault(LABEL, "");
    if (label.isEmpty()) {
      return Match.UNLABELLED;
    }
    boolean same =
        base.isPresent()
            ? label.equals(hex())
            : labels.getOrDefault(INPUTS_LABEL, "").equals(inputs);
    return same ? Match.SAME : Match.OTHER;
  }

  /// A path of the checkout; what leads out of it, by `..` or a link, is somebody else's.
  private static Path inside(Path root, String relative) throws IOException {
    Path path = root.resolve(relative).normalize();
    boolean within =
        path.startsWith(root)
            && (!Files.exists(path) || path.toRealPath().startsWith(root.toRealPath()));
    if (!within) {
      throw new ProjectError(
          "`" + relative + "` of the `image` section does not lie in the checkout " + root,
          "Name files of the checkout in `image.bootstrap-script` and `image.inputs`.");
    }
    return path;
  }

  private static List<Path> files(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static byte[] add(MessageDigest hasher, Path root, Path file) throws IOException {
    byte[] name = root.relativize(file).toString().getBytes(StandardCharsets.UTF_8);
    byte[] bytes = Files.readAllBytes(file);
    hasher.update((name.length + " " + bytes.length + "\n").getBytes(StandardCharsets.UTF_8));
    hasher.update(name);
    hasher.update(bytes);
    return bytes;
  }
}
