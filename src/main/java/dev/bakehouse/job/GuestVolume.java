package dev.bakehouse.job;

import dev.bakehouse.cache.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// A cache volume as a Linux guest sees it: the disk with the serial number `cache`, or where disks
/// have none the one of its size that nobody uses; an ext4 file system mounted at `CACHE_PATH`.
///
/// It has no journal: one that was not unmounted is never used again.
final class GuestVolume {
  private static final String MOUNT =
      """
      set -eu
      export LC_ALL=C PATH=/usr/sbin:/sbin:/usr/bin:/bin
      at=$1 owner=$2 fresh=$3 sectors=$4 disk=
      for block in /sys/block/vd*; do
        if [ "$(cat "$block/serial" 2>/dev/null || true)" = cache ]; then disk=${block##*/}; fi
      done
      for block in /sys/block/vd*; do
        [ -z "$disk" ] && [ "$(cat "$block/size")" = "$sectors" ] || continue
        grep -q "^/dev/${block##*/}" /proc/mounts || disk=${block##*/}
      done
      if [ -z "$disk" ]; then echo 'the VM has no cache disk' >&2; exit 1; fi
      blockdev --flushbufs "/dev/$disk"
      if [ "$fresh" = yes ]; then
        mkfs.ext4 -q -F -m 0 -i 16384 -O ^has_journal \
          -E "nodiscard,lazy_itable_init=1,root_owner=$owner" "/dev/$disk"
      fi
      mount -t ext4 -o noatime,nodev,nosuid,discard,noinit_itable "/dev/$disk" "$at"
      """;

  /// What is left of other caches and of work in progress goes first. A job's stray process may
  /// still have a file open: then the file system is frozen, which writes all of it too.
  private static final String SEAL =
      """
      set -eu
      export LC_ALL=C PATH=/usr/sbin:/sbin:/usr/bin:/bin
      at=$1
      shift
      cd -- "$at"
      rm -rf ccache/tmp/* zig/local/tmp/* zig/global/tmp/*
      find . -xdev -mindepth 1 "$@" -exec rm -rf -- {} + -prune
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

  /// @param fresh whether the disk is empty
  /// @throws IOException when the guest can not do it
  void mount(Machine machine, boolean fresh, long size) throws IOException {
    String make =
        "mkdir -p -- \"$2\" && exec sudo -n sh -c \"$1\" mount \"$2\" \"$(id -u):$(id -g)\"";
    run(
        machine,
        List.of(
            "sh",
            "-c",
            make + " \"$3\" \"$4\"",
            "mount",
            MOUNT,
            at.toString(),
            fresh ? "yes" : "no",
            Long.toString(size / 512)));
  }

  /// Lets go of the volume with nothing on it but some caches.
  ///
  /// @return whether a process of the job still used it
  /// @throws IOException when the guest could not do it; the volume must not be kept
  boolean seal(Machine machine, List<Kind> kinds) throws IOException {
    List<String> argv = new ArrayList<>(List.of("sudo", "-n", "sh", "-c", SEAL, "seal"));
    argv.add(at.toString());
    argv.addAll(kept(kinds));
    return run(machine, argv).contains("frozen");
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
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    machine.run(argv, InputStream.nullInputStream(), out);
    return out.toString(StandardCharsets.UTF_8);
  }
}
