package dev.bakehouse.cache;

import dev.bakehouse.platform.ProgramFiles;
import java.util.ArrayList;
import java.util.List;

/// The programs that turn a cache directory into a tar stream and back, and tell whether it changed
/// between, the same in a guest and on a host. They need `sh`, `tar` (GNU or BSD), `find`,
/// `mktemp`; without `perl` every directory counts as changed.
public final class Packing {
  /// `$1` directory, `$2` contents. A directory that is not there is an empty archive. The list is
  /// complete before tar starts, so that a failed find is a failure and not a small cache.
  private static final String PACK =
      """
      set -eu
      export COPYFILE_DISABLE=1 LC_ALL=C
      if ! [ -d "$1" ]; then exec tar -cf - -T /dev/null; fi
      cd -- "$1"
      list=$(mktemp)
      trap 'rm -f "$list"' EXIT
      trap 'exit 1' HUP INT TERM
      case $2 in
        CCACHE)
          find . \\( -path './tmp/*' -o -name 'inode-cache-*' -o -name '*.lock' -o -name '*.alive' \
            -o -path ./ccache.conf \\) -prune -o \\( -type f -o -type d -o -type l \\) -print0 >"$list" ;;
        ZIG)
          find . \\( -path './tmp/*' -o -path ./o -o -path ./h \\) -prune \
            -o \\( -type f -o -type d -o -type l \\) -print0 >"$list"
          for part in ./o ./h; do
            if [ -d "$part" ]; then
              find "$part" \\( -type f -o -type d -o -type l \\) -print0 >>"$list"
            fi
          done ;;
        BUN)
          find . \\( -type f -o -type d -o -type l ! -lname '/*' \\) -print0 >"$list" ;;
        *)
          find . \\( -type f -o -type d -o -type l \\) -print0 >"$list" ;;
      esac
      tar -cf - --format=pax --no-recursion --null -T "$list"
      """;

  /// `$1` directory, `$2` contents, `$3` word for the seal, `$4` the seal's program, the rest:
  /// names kept from the directory that is replaced. The new directory takes the old one's place in
  /// one step, after it is complete.
  private static final String UNPACK =
      """
      set -eu
      export LC_ALL=C
      dir=$1 contents=$2 word=$3 seal=$4
      shift 4
      parent=$(dirname -- "$dir")
      mkdir -p -- "$parent"
      new=$(mktemp -d "$parent/.bakehouse-XXXXXX")
      trap 'chmod -R u+rwX "$new" 2>/dev/null; rm -rf "$new"' EXIT
      trap 'exit 1' HUP INT TERM
      mkdir "$new/cache"
      tar -xpf - --no-same-owner -C "$new/cache"
      for name in "$@"; do
        if [ -e "$dir/$name" ]; then cp -p -- "$dir/$name" "$new/cache/$name"; fi
      done
      if [ -e "$dir" ] || [ -L "$dir" ]; then mv -- "$dir" "$new/old"; fi
      mv -- "$new/cache" "$dir"
      [ -z "$word" ] || perl -e "$seal" write "$dir" "$contents" "$word" || true
      """;

  private static final String SEAL = ProgramFiles.text(Packing.class, "seal.pl");

  private Packing() {}

  /// Writes the archive of a directory to its standard output. Status 0 means it is complete.
  public static List<String> pack(Kind kind, String directory) {
    return List.of("sh", "-c", PACK, "bakehouse-pack", directory, kind.contents().name());
  }

  /// Reads an archive from standard input and puts it in a directory's place. On any other status
  /// than 0 the directory is as it was, or gone.
  ///
  /// @param of what the archive is, for [#unchanged]; empty when nobody will ask
  public static List<String> unpack(Kind kind, String directory, String of) {
    List<String> argv = new ArrayList<>(List.of("sh", "-c", UNPACK, "bakehouse-unpack"));
    argv.addAll(List.of(directory, kind.contents().name(), of, SEAL));
    argv.addAll(kind.kept());
    return argv;
  }

  /// Ends with status 0 when the directory still holds what was unpacked to it.
  ///
  /// @param of what that was
  public static List<String> unchanged(Kind kind, String directory, String of) {
    return List.of("perl", "-e", SEAL, "check", directory, kind.contents().name(), of);
  }
}
