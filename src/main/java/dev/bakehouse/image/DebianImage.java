package dev.bakehouse.image;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Makes a Debian 12 guest with systemd: `disk.img` (whole-disk ext4, sparse), `config.json`,
/// `nvram.bin` (empty). The kernel and its initrd lie at /boot/vmlinuz and /boot/initrd.img.
///
/// Runs on Linux with `mmdebstrap`, as root or as an ordinary user (then with `fakeroot`). Packages
/// come from where this machine's own apt gets them.
public final class DebianImage {
  private static final String SUITE = "bookworm";
  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final long GIB = 1L << 30;

  /// Left out of the guest: nobody reads manuals there.
  private static final List<String> EXCLUDED =
      List.of(
          "/usr/share/man/*",
          "/usr/share/info/*",
          "/usr/share/doc/*",
          "/usr/share/locale/*",
          "/usr/share/i18n/*",
          "/usr/share/lintian/*",
          "/usr/share/gnome/*",
          "/usr/share/cmake-*/Help/*",
          "/usr/share/perl/*/pod/*",
          "/lib/modules/*/kernel/sound/*",
          "/lib/modules/*/kernel/drivers/gpu/*");

  private DebianImage() {}

  /// Builds the image into a new directory; nothing is left there when it fails.
  ///
  /// @param directory must not exist; appears complete, by one rename
  /// @param progress gets a line a stage
  /// @throws UserError when a stage fails, with its output's end
  public static void build(DebianRecipe recipe, Path directory, Consumer<String> progress) {
    if (Files.exists(directory)) {
      throw new UserError(
          "Could not build a guest image in " + directory + ": it exists",
          "Name a directory that does not exist.");
    }
    try {
      Path parent = directory.toAbsolutePath().getParent();
      Files.createDirectories(parent);
      Path scratch = Files.createTempDirectory(parent, ".debian-");
      try {
        Files.move(make(recipe, scratch, progress), directory, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Command.of("rm", "-rf", "--", scratch.toString()).run();
      }
    } catch (IOException e) {
      throw new UserError(
          "Could not build a guest image in " + directory + ": " + e,
          "Check that the disk has 10 GB free and that the directory can be written.",
          e);
    }
  }

  private static Path make(DebianRecipe recipe, Path scratch, Consumer<String> progress)
      throws IOException {
    GuestArch arch = GuestArch.here();
    Path overlay = DebianOverlay.write(recipe, scratch);
    progress.accept("installing Debian " + SUITE + " (" + arch.debian() + ")");
    Path root = scratch.resolve("root.tar");
    // mmdebstrap's helpers run as another user when it uses a user namespace.
    Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwxr-xr-x"));
    mmdebstrap(recipe, arch, scratch, overlay, root).check();
    progress.accept("making the file system");
    Path image = Files.createDirectory(scratch.resolve("image"));
    disk(recipe, scratch, root, image.resolve("disk.img"));
    Files.createFile(image.resolve("nvram.bin"));
    Files.writeString(image.resolve("config.json"), DebianConfig.json(arch));
    return image;
  }

  private static Command mmdebstrap(
      DebianRecipe recipe, GuestArch arch, Path scratch, Path overlay, Path root)
      throws IOException {
    List<String> packages = new ArrayList<>(List.of(arch.kernelPackage()));
    packages.addAll(
        List.of(
            "systemd-sysv",
            "udev",
            "kmod",
            "mount",
            "passwd",
            "iproute2",
            "procps",
            "openssh-server",
            "sudo",
            "git",
            "ca-certificates",
            "perl-base",
            "e2fsprogs"));
    packages.addAll(recipe.packages());
    List<String> argv = new ArrayList<>(List.of("mmdebstrap", "--quiet", "--variant=apt"));
    argv.add("--format=tar");
    argv.add("--architectures=" + arch.debian());
    argv.add("--include=" + String.join(",", packages));
    argv.add("--aptopt=Acquire::Languages \"none\"");
    argv.add("--aptopt=APT::Install-Recommends \"false\"");
    EXCLUDED.forEach(path -> argv.add("--dpkgopt=path-exclude=" + path));
    argv.add("--dpkgopt=path-include=/usr/share/doc/*/copyright");
    argv.add("--dpkgopt=force-unsafe-io");
    argv.add("--essential-hook=tar-in " + overlay.getFileName() + " /");
    argv.add("--customize-hook=chroot \"$1\" /usr/lib/bakehouse/prepare");
    argv.add(SUITE);
    argv.add(root.toString());
    AptSources.ofThisMachine(SUITE, scratch).forEach(file -> argv.add(file.toString()));
    return Command.of(argv).in(scratch).merged().deadline(LIMIT);
  }

  private static void disk(DebianRecipe recipe, Path scratch, Path root, Path disk)
      throws IOException {
    Path tree = Files.createDirectory(scratch.resolve("root"));
    Path owners = scratch.resolve("owners");
    asRoot(
            owners,
            "tar",
            "--extract",
            "--numeric-owner",
            "--same-owner",
            "--preserve-permissions",
            "--xattrs",
            "--file",
            root.toString(),
            "--directory",
            tree.toString())
        .check();
    Files.delete(root);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(recipe.diskGb() * GIB);
    }
    asRoot(
            owners,
            Programs.path("mkfs.ext4"),
            "-q",
            "-F",
            "-L",
            "bakehouse",
            "-m",
            "0",
            "-i",
            "32768",
            "-E",
            "lazy_itable_init=0,lazy_journal_init=0",
            "-J",
            "size=16",
            "-d",
            tree.toString(),
            disk.toString())
        .check();
  }

  /// As root directly, otherwise with owners kept in a file by fakeroot.
  private static Command asRoot(Path owners, String... argv) throws IOException {
    List<String> all = new ArrayList<>();
    if (!Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
      all.addAll(List.of("fakeroot", "-s", owners.toString()));
      if (Files.exists(owners)) {
        all.addAll(List.of("-i", owners.toString()));
      }
      all.add("--");
    }
    all.addAll(List.of(argv));
    return Command.of(all).deadline(LIMIT).merged();
  }
}
