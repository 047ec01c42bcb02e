package dev.bakehouse.cache;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/// Reads a tar archive to its end, counts, and refuses whatever could write outside the directory
/// it is unpacked in.
///
/// Names are relative and without `..`, each once; nothing lies below a symbolic link; symbolic
/// links stay inside; hard links name an earlier file of the archive; no devices.
final class TarCheck {
  /// @param files files, hard links included
  /// @param bytes what they hold together
  /// @param worth whether there is anything but bookkeeping
  record Count(long files, long bytes, boolean worth) {}

  /// An archive that is not accepted.
  static final class Refused extends IOException {
    Refused(String why) {
      super(why);
    }
  }

  private final Kind kind;
  private final Set<String> files = new HashSet<>();
  private final Set<String> directories = new HashSet<>();
  private final Set<String> links = new HashSet<>();
  private long bytes;
  private boolean worth;

  private TarCheck(Kind kind) {
    this.kind = kind;
  }

  /// @throws Refused when the archive is hostile, cut short or not a tar archive
  /// @throws IOException when the stream fails
  static Count read(InputStream in, Kind kind) throws IOException {
    TarCheck check = new TarCheck(kind);
    TarEnd end = new TarEnd(in);
    TarArchiveInputStream tar = new TarArchiveInputStream(end, StandardCharsets.UTF_8.name());
    try {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        check.add(entry);
        tar.transferTo(OutputStream.nullOutputStream());
        end.entryEnds();
      }
    } catch (IllegalArgumentException e) {
      throw new Refused("the archive is not a tar archive: " + e.getMessage());
    }
    end.transferTo(OutputStream.nullOutputStream());
    if (!end.complete()) {
      throw new Refused("the archive is cut short");
    }
    return new Count(check.files.size(), check.bytes, check.worth);
  }

  private void add(TarArchiveEntry entry) throws Refused {
    String name = name(entry.getName());
    for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
      String above = name.substring(0, slash);
      if (links.contains(above) || files.contains(above)) {
        throw new Refused("`" + shown(name) + "` lies below something that is no directory");
      }
      directories.add(above);
    }
    boolean known = files.contains(name) || links.contains(name);
    if (known || (directories.contains(name) && !entry.isDirectory())) {
      throw new Refused("`" + shown(name) + "` stands twice");
    }
    if (entry.isSparse()) {
      throw new Refused("`" + shown(name) + "` is stored as a sparse file");
    } else if (entry.isDirectory()) {
      directories.add(name);
    } else if (name.isEmpty()) {
      throw new Refused("the top is no directory");
    } else if (entry.isSymbolicLink()) {
      symbolic(name, entry.getLinkName());
    } else if (entry.isLink()) {
      if (!files.contains(name(entry.getLinkName()))) {
        throw new Refused("`" + shown(name) + "` is a hard link to no earlier file");
      }
      file(name);
    } else if (entry.getLinkFlag() == TarConstants.LF_NORMAL
        || entry.getLinkFlag() == TarConstants.LF_OLDNORM) {
      bytes += entry.getSize();
      file(name);
    } else {
      throw new Refused("`" + shown(name) + "` is neither file, directory nor link");
    }
  }

  private void file(String name) {
    files.add(name);
    worth = worth || kind.worthSaving(name);
  }

  /// A target may go up first, never after it went down: then it means the same whatever other
  /// links do, and its depth tells whether it stays inside.
  private void symbolic(String name, String target) throws Refused {
    long depth = name.chars().filter(c -> c == '/').count();
    boolean down = false;
    for (String segment : target.split("/", -1)) {
      if (segment.equals("..")) {
        depth--;
        if (down || depth < 0) {
          throw leaves(name, target);
        }
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        down = true;
      }
    }
    if (target.isEmpty() || target.startsWith("/")) {
      throw leaves(name, target);
    }
    links.add(name);
  }

  private static Refused leaves(String name, String target) {
    return new Refused(
        "the symbolic link `" + shown(name) + "` → `" + shown(target) + "` may leave the cache");
  }

  /// The name without `.` segments and double or trailing slashes; empty for the top.
  private static String name(String raw) throws Refused {
    if (raw.startsWith("/") || raw.indexOf('\0') >= 0) {
      throw new Refused("`" + shown(raw) + "` is not below the cache");
    }
    Deque<String> kept = new ArrayDeque<>();
    for (String segment : raw.split("/", -1)) {
      if (segment.equals("..")) {
        throw new Refused("`" + shown(raw) + "` is not below the cache");
      }
      if (!segment.isEmpty() && !segment.equals(".")) {
        kept.add(segment);
      }
    }
    return String.join("/", kept);
  }

  /// A hostile name must not write to the log as it likes.
  private static String shown(String name) {
    StringBuilder text = new StringBuilder();
    name.chars()
        .limit(200)
        .forEach(
            c ->
                text.append(
                    c < 0x20 || (c >= 0x7f && c < 0xa0)
                        ? String.format(Locale.ROOT, "\\x%02x", c)
                        : String.valueOf((char) c)));
    return text.toString();
  }
}
