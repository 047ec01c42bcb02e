package dev.bakehouse.image;

import dev.bakehouse.oci.CorruptData;
import dev.bakehouse.oci.Descriptor;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Manifest;
import dev.bakehouse.oci.TartManifest;
import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.oci.TartRepair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Reads an image again and compares it with what it was when it came in.
public final class Verify {
  private Verify() {}

  /// @param ok whether every byte is as it was and nothing is missing
  /// @param wrong what is not, for people: `disk.img: the slice at 1,024 MB differs`
  public record Finding(
      String name, boolean ok, String expected, String found, List<String> wrong) {}

  /// Reads what has that name now, also when it is replaced meanwhile. That is no use of it.
  public static Finding of(ImageStore store, String name) {
    Optional<ImageLease> lease = store.lease(name, "verify", () -> store.find(name));
    if (lease.isEmpty()) {
      if (store.foreign().contains(name)) {
        String why = "image.json is missing or unreadable: there is no record of what it was";
        return new Finding(name, false, "", "", List.of(why));
      }
      throw store.missing(name);
    }
    try (ImageLease held = lease.get()) {
      Finding finding = of(held.image(), held.files());
      String what = finding.ok() ? "verified" : "damaged";
      String detail = String.join("; ", finding.wrong());
      store.history().add(what, name, held.image().anyDigest(), detail, 0);
      return finding;
    }
  }

  /// Reads an image that nobody replaces.
  public static Finding of(LocalImage image) {
    return of(image, image.directory());
  }

  private static Finding of(LocalImage image, Path files) {
    try {
      List<String> wrong = new ArrayList<>();
      Optional<TartManifest> manifest = manifest(image, files, wrong);
      if (!Files.exists(files.resolve("disk.img")) || !Files.exists(files.resolve("config.json"))) {
        for (String file : List.of("disk.img", "config.json")) {
          if (!Files.exists(files.resolve(file))) {
            wrong.add(file + " is missing");
          }
        }
        return new Finding(image.name(), false, image.content(), "", wrong);
      }
      String found = Content.of(files);
      if (!found.equals(image.content())) {
        manifest.ifPresentOrElse(
            m -> compare(m, files, wrong),
            () -> wrong.add("the content differs; no manifest is here that says where"));
      }
      boolean ok = wrong.isEmpty() && found.equals(image.content());
      return new Finding(image.name(), ok, image.content(), found, wrong);
    } catch (IOException e) {
      throw Trees.failed("verify the image " + image.name(), e);
    }
  }

  /// The manifest an image has here, if it describes the image.
  static Optional<TartManifest> manifest(LocalImage image, Path files, List<String> wrong)
      throws IOException {
    Path file = files.resolve("manifest.json");
    if (!Files.exists(file)) {
      if (!image.record().digest().isEmpty()) {
        wrong.add("manifest.json is missing");
      }
      return Optional.empty();
    }
    try {
      Manifest manifest = Manifest.parse(Files.readAllBytes(file), file.toString());
      TartManifest parsed = TartManifest.of(manifest, file.toString());
      if (Content.of(parsed).equals(image.content())) {
        return Optional.of(parsed);
      }
      wrong.add("manifest.json is another image's, " + manifest.digest());
    } catch (CorruptData e) {
      wrong.add("manifest.json: " + e.getMessage());
    }
    return Optional.empty();
  }

  private static void compare(TartManifest manifest, Path files, List<String> wrong) {
    try {
      small(manifest.config(), files.resolve("config.json"), wrong);
      small(manifest.nvram(), files.resolve("nvram.bin"), wrong);
      for (DiskSlice slice : TartRepair.wrong(manifest, files.resolve("disk.img"))) {
        wrong.add(
            String.format(
                Locale.ROOT, "disk.img: the slice at %,d MB differs", slice.offset() / (1 << 20)));
      }
    } catch (IOException e) {
      throw Trees.failed("verify " + files, e);
    }
  }

  private static void small(Descriptor blob, Path file, List<String> wrong) throws IOException {
    boolean there = Files.exists(file);
    if (!there && blob.size() > 0) {
      wrong.add(file.getFileName() + " is missing");
    } else if (there && !Digest.of(file).equals(blob.digest())) {
      wrong.add(file.getFileName() + " differs");
    }
  }
}
