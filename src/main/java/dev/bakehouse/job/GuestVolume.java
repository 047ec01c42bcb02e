package dev.bakehouse.job;

import dev.bakehouse.cache.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// A cache volume as a Linux guest sees it: the disk with the serial number `cache`, or where disks
/// have none the one of its size that nobody uses; an ext4 file system mounted at `CACHE_PATH`.
///
/// It has no journal: one that was not unmounted is never used again.
final class GuestVolume {
  /// Common to both scripts: what a volume has become useless by. Less than a quarter of its blocks
  /// or inodes free is too little for the next job's part.
  private static final String COMMON =
      """
      set -eu
      export LC_ALL=C PATH=/usr/sbin:/sbin:/usr/bin:/bin
      full() {
        set -- $(stat -f -c '%b %a %c %d' -- "$at")
        [ $(($2 * 4)) -lt "$1" ] || [ $(($4 * 4)) -lt "$3" ]
      }
      damaged() {
        disk=$(findmnt -n -o SOURCE -- "$at")
        [ "$(cat "/sys/fs/ext4/${disk##*/}/errors_count" 2>/dev/null || echo 0)" != 0 ]
      }
      """;

  private static final String MOUNT =
      COMMON
          + """
      at=$1 owner=$2 state=$3 sectors=$4 disk=
      for block in /sys/block/vd*; do
        if [ "$(cat "$block/serial" 2>/dev/null || true)" = cache ]; then disk=${block##*/}; fi
      done
      for block in /sys/block/vd*; do
        [ -z "$disk" ] && [ "$(cat "$block/size")" = "$sectors" ] || continue
        grep -q "^/dev/${block##*/}" /proc/mounts || disk=${block##*/}
      done
      if [ -z "$disk" ]; then echo 'the VM has no cache disk' >&2; exit 1; fi
      blockdev --flushbufs "/dev/$disk"
      if [ "$state" != kept ]; then
        discard=discard
        [ "$state" = useless ] || discard=nodiscard
        mkfs.ext4 -q -F -m 0 -i 16384 -O ^has_journal \
          -E "$discard,lazy_itable_init=1,root_owner=$owner" "/dev/$disk"
      fi
      options=noatime,nodev,nosuid,discard,noinit_itable
      if ! why=$(mount -t ext4 -o "$options" "/dev/$disk" "$at" 2>&1); then
        echo "it can not be mounted: $why"
      elif damaged; then
        umount -- "$at"
        echo 'its file system is damaged'
      elif full; then
        umount -- "$at"
        echo 'it is nearly full'
      fi
      """;

  /// What is left of other caches and of work in progress goes first. A job's stray process may
  /// still have a file open: then the file system is frozen, which writes all of it too.
  ///
  /// Zig's caches tell nothing of what is still of use, so they start over on a volume that fills
  /// up, and the others only where that is not enough.
  private static final String SEAL =
      COMMON
          + """
      at=$1
      shift
      cd -- "$at"
      rm -rf ccache/tmp/* zig/local/tmp/* zig/global/tmp/*
      find . -xdev -mindepth 1 "$@" -exec rm -rf -- {} + -prune
      if damaged; then echo 'its file system is damaged' >&2; exit 1; fi
      if full; then
        rm -rf zig
        echo emptied
      fi
      if full; then
        find . -xdev -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
      fi
      cd /
      if ! umount -- "$at" 2>/dev/null; then
        fsfreeze -f -- "$at"
        echo frozen
      fi
      """;

  private final Path at;

  GuestVolume(Path at) {
    this.at = at;
  }

  /// What is on the disk: nothing, a generation, or one that is to go.
  enum Disk {
    EMPTY,
    KEPT,
    USELESS
  }

  /// @return why the file system on the disk is of no use, if so; nothing is mounted then
  /// @throws IOException when the guest can not do it
  Optional<String> mount(Machine machine, Disk disk, long size) throws IOException {
    String make =
        "mkdir -p -- \"$2\" && exec sudo -n sh -c \"$1\" mount \"$2\" \"$(id -u):$(id -g)\"";
    String said =
        run(
            machine,
            List.of(
                "sh",
                "-c",
                make + " \"$3\" \"$4\"",
                "mount",
                MOUNT,
                at.toString(),
                disk.name().toLowerCase(Locale.ROOT),
                Long.toString(size / 512)));
    return Optional.of(said.strip()).filter(why -> !why.isEmpty());
  }

  /// How a volume was let go of.
  ///
  /// @param used a process of the job still had it
  /// @param emptied it was nearly full, and nothing is on it any more
  record Seal(boolean used, boolean emptied) {}

  /// Lets go of the volume with nothing on it but some caches.
  ///
  /// @throws IOException when the guest could not do it, or found the file system damaged; the
  ///   volume must not be kept
  Seal seal(Machine machine, List<Kind> kinds) throws IOException {
    List<String> argv = new ArrayList<>(List.of("sudo", "-n", "sh", "-c", SEAL, "seal"));
    argv.add(at.toString());
    argv.addAll(kept(kinds));
    String said = run(machine, argv);
    return new Seal(said.contains("frozen"), said.contains("emptied"));
  }

  /// The part of find's expression that is true for what stays.
  static List<String> kept(List<Kind> kinds) {
    Set<String> above = new LinkedHashSet<>();
    List<String> words = new ArrayList<>();
    for (Kind kind : kinds) {
      Path path = Path.of(kind.path()).normalize();
      words.addAll(List.of("-path", pattern(path), "-prune", "-o"));
      for (Path up = path.getParent(); up != null; up = up.getParent()) {
        above.add(pattern(up));
      }
    }
    above.forEach(up -> words.addAll(List.of("-path", up, "-o")));
    return words;
  }

  private static String pattern(Path path) {
    return "./" + path.toString().replaceAll("[\\\\*?\\[]", "\\\\$0");
  }

  private static String run(Machine machine, List<String> argv) throws IOException {
    Beginning out = new Beginning();
    machine.run(argv, InputStream.nullInputStream(), out);
    return out.text();
  }
}
