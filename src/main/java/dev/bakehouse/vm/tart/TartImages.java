package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.BaseImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/// Local Tart VMs as images, in `TART_HOME/vms`.
final class TartImages {
  private final Path vms;

  TartImages(Path vms) {
    this.vms = vms;
  }

  /// The image's digest stands for the VM's configuration and for which disk it has: a disk that
  /// was replaced or written to counts as another, without reading tens of gigabytes.
  Optional<BaseImage> find(String name) {
    Path directory = vms.resolve(name);
    if (!Files.isRegularFile(directory.resolve("config.json"))) {
      return Optional.empty();
    }
    try {
      MessageDigest digest = Digests.sha256();
      digest.update(Files.readAllBytes(directory.resolve("config.json")));
      for (String file : List.of("disk.img", "nvram.bin")) {
        digest.update(stamp(directory.resolve(file)).getBytes(StandardCharsets.UTF_8));
      }
      String text = "sha256:" + Digests.hex(digest);
      return Optional.of(new BaseImage(name, directory, text));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UserError(
          "Could not read the Tart VM in " + directory + ": " + e.getMessage(),
          "Check its mode.",
          e);
    }
  }

  private static String stamp(Path file) throws IOException {
    return Files.size(file) + " " + Files.getLastModifiedTime(file).toMillis() + "\n";
  }
}
