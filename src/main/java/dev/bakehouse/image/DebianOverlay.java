package dev.bakehouse.image;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.ProgramFiles;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;

/// The files an image has besides its packages, as a tar that belongs to root.
final class DebianOverlay {
  private record File(String resource, String guest, String mode) {}

  private static final List<File> FILES =
      List.of(
          new File("debian/initrd-init", "usr/lib/bakehouse/initrd-init", "rwxr-xr-x"),
          new File("debian/initrd-make", "etc/kernel/postinst.d/zz-bakehouse", "rwxr-xr-x"),
          new File("debian/prepare", "usr/lib/bakehouse/prepare", "rwxr-xr-x"),
          new File("debian/initramfs.conf", "etc/initramfs-tools/conf.d/bakehouse", "rw-r--r--"),
          new File("debian/sshd.conf", "etc/ssh/sshd_config.d/bakehouse.conf", "rw-r--r--"),
          new File("debian/sudoers", "etc/sudoers.d/bakehouse", "r--r-----"),
          new File("debian/network", "usr/lib/bakehouse/network", "rwxr-xr-x"),
          new File(
              "debian/journald.conf", "etc/systemd/journald.conf.d/bakehouse.conf", "rw-r--r--"),
          new File(
              "debian/guest.service", "etc/systemd/system/bakehouse-guest.service", "rw-r--r--"),
          new File(
              "debian/network.service",
              "etc/systemd/system/bakehouse-network.service",
              "rw-r--r--"),
          new File(
              "debian/ready.service", "etc/systemd/system/bakehouse-ready.service", "rw-r--r--"),
          new File(
              "debian/udev-trigger.conf",
              "etc/systemd/system/systemd-udev-trigger.service.d/bakehouse.conf",
              "rw-r--r--"),
          new File("../guest/guest.pl", "usr/lib/bakehouse/guest.pl", "rwxr-xr-x"));

  private DebianOverlay() {}

  /// Writes the tar below `scratch` and returns it.
  static Path write(DebianRecipe recipe, Path scratch) throws IOException {
    Path tree = scratch.resolve("overlay");
    for (File file : FILES) {
      Path target = place(tree, file.guest());
      Files.write(target, content(file));
      Files.setPosixFilePermissions(target, PosixFilePermissions.fromString(file.mode()));
    }
    for (DebianRecipe.Staged staged : recipe.staged()) {
      if (!Files.exists(staged.host())) {
        throw new UserError(
            "Could not put " + staged.host() + " into the guest image: it does not exist",
            "Correct the recipe's path, or make that file first.");
      }
      Path target = place(tree, inside(staged.guest()));
      Command.of("cp", "-a", "--reflink=auto", "--", staged.host().toString(), target.toString())
          .deadline(Duration.ofMinutes(10))
          .check();
    }
    for (DebianRecipe.Link link : recipe.links()) {
      Files.createSymbolicLink(place(tree, inside(link.guest())), Path.of(link.target()));
    }
    Path tar = scratch.resolve("overlay.tar");
    Command.of(
            "tar",
            "--create",
            "--file",
            tar.toString(),
            "--format=pax",
            "--numeric-owner",
            "--owner=0",
            "--group=0",
            "--sort=name",
            "--directory",
            tree.toString(),
            ".")
        .deadline(Duration.ofMinutes(10))
        .check();
    return tar;
  }

  private static Path place(Path tree, String guest) throws IOException {
    Path target = tree.resolve(guest);
    Files.createDirectories(target.getParent());
    Path dir = target.getParent();
    while (dir != null && dir.startsWith(tree)) {
      Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
      dir = dir.getParent();
    }
    return target;
  }

  private static byte[] content(File file) {
    Path path = Path.of("/dev/bakehouse/image").resolve(file.resource()).normalize();
    return ProgramFiles.bytes(DebianOverlay.class, path.toString());
  }

  private static String inside(String guest) {
    Path path = Path.of(guest).normalize();
    if (!path.isAbsolute() || path.getNameCount() == 0) {
      throw new UserError(
          "Could not use `" + guest + "` as a path in the guest image: it is not absolute",
          "Write it with a leading slash.");
    }
    return path.toString().substring(1);
  }
}
