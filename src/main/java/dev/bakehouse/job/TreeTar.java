package dev.bakehouse.job;

import dev.bakehouse.snapshot.Node;
import dev.bakehouse.snapshot.TreeSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/// A tree as a tar archive.
final class TreeTar {
  private static final long NANOS = 1_000_000_000L;

  private TreeTar() {}

  static void write(TreeSource tree, OutputStream out) throws IOException {
    TarArchiveOutputStream tar =
        new TarArchiveOutputStream(out, StandardCharsets.ISO_8859_1.name());
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    List<Node.File> files = new ArrayList<>();
    List<Node.Hardlink> links = new ArrayList<>();
    tree.list(
        node -> {
          switch (node) {
            case Node.File file -> files.add(file);
            case Node.Hardlink link -> links.add(link);
            case Node.Dir dir -> put(tar, entry("./" + dir.path() + "/", dir.mode(), dir.mtime()));
            case Node.Symlink link -> {
              TarArchiveEntry entry =
                  new TarArchiveEntry("./" + link.path(), TarConstants.LF_SYMLINK);
              entry.setLinkName(link.target());
              put(tar, entry);
            }
          }
        });
    tree.read(files, (file, content) -> add(tar, file, content));
    for (Node.Hardlink link : links) {
      TarArchiveEntry entry = new TarArchiveEntry("./" + link.path(), TarConstants.LF_LINK);
      entry.setLinkName("./" + link.of());
      put(tar, entry);
    }
    tar.finish();
  }

  private static void add(TarArchiveOutputStream tar, Node.File file, InputStream content)
      throws IOException {
    synchronized (tar) {
      TarArchiveEntry entry = entry("./" + file.path(), file.mode(), file.mtime());
      entry.setSize(file.size());
      tar.putArchiveEntry(entry);
      content.transferTo(tar);
      tar.closeArchiveEntry();
    }
  }

  private static TarArchiveEntry entry(String name, int mode, long mtime) {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setMode(mode);
    Instant time = Instant.ofEpochSecond(Math.floorDiv(mtime, NANOS), Math.floorMod(mtime, NANOS));
    entry.setLastModifiedTime(FileTime.from(time));
    return entry;
  }

  private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry) throws IOException {
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }
}
