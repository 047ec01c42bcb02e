package dev.bakehouse.job;

import dev.bakehouse.platform.RawEnvironment;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One file of evidence, its owner's alone: secrets replaced, no longer than it may be, and made
/// when its first byte comes. What comes after its end is dropped: a guest may be slow.
final class EvidenceFile extends OutputStream {
  private final Path file;
  private final Redactor redactor;
  private long room;
  private @Nullable OutputStream out;
  private boolean over;
  private boolean cut;

  /// @param secrets none for a file that is no text
  /// @param most bytes
  EvidenceFile(Path file, List<byte[]> secrets, long most) {
    this.file = file;
    this.room = most;
    this.redactor = new Redactor(new Rest(), secrets);
  }

  /// The secrets of a job, and each line of one that has several: a journal and a list of processes
  /// tear those apart.
  static List<byte[]> secrets(Map<String, String> env, String globs) {
    List<byte[]> all = new ArrayList<>();
    for (byte[] secret : Redactor.secrets(env, globs)) {
      all.add(secret);
      new String(secret, StandardCharsets.ISO_8859_1)
          .lines()
          .map(line -> RawEnvironment.bytes(line.strip()))
          .forEach(all::add);
    }
    return all;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    if (!over) {
      redactor.write(bytes, offset, length);
    }
  }

  /// Whether there was more.
  synchronized boolean cut() {
    return cut;
  }

  /// What may be the beginning of a secret is not written.
  @Override
  public synchronized void close() throws IOException {
    over = true;
    if (out != null) {
      out.close();
    }
  }

  /// What the redactor lets through.
  private final class Rest extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int some = (int) Math.min(length, room);
      cut |= some < length;
      if (some == 0) {
        return;
      }
      if (out == null) {
        Files.deleteIfExists(file);
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        out = Files.newOutputStream(file);
      }
      out.write(bytes, offset, some);
      room -= some;
    }
  }
}
