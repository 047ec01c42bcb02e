package dev.bakehouse.cache;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A cache directory on this machine as a guest would have it, packed and unpacked by the system's
/// `tar`.
public record LocalGuest(Path path) implements StepCaches.Unpacker, StepCaches.Packer {
  private static final int LONGEST_COMPLAINT = 2000;

  @Override
  public void pack(Kind kind, OutputStream tar) throws IOException {
    Process process = start(Packing.pack(kind, path.toAbsolutePath().toString()));
    try (InputStream out = process.getInputStream()) {
      process.getOutputStream().close();
      Complaint complaint = Complaint.of(process);
      out.transferTo(tar);
      finish(process, complaint, "packing " + path);
    } finally {
      Processes.killTree(process.toHandle());
    }
  }

  @Override
  public boolean unchanged(Kind kind, String of) {
    try {
      return Command.of(Packing.unchanged(kind, real().toString(), of)).run().ok();
    } catch (IOException | UserError e) {
      return false;
    }
  }

  /// Replaces the directory; a symbolic link to one stays and what it points at is replaced.
  @Override
  public void unpack(Kind kind, String of, InputStream tar) throws IOException {
    Process process = start(Packing.unpack(kind, real().toString(), of));
    try {
      Complaint complaint = Complaint.of(process);
      Threads.start(() -> drain(process));
      String lost = feed(process, tar);
      finish(process, complaint, "unpacking to " + path);
      if (!lost.isEmpty()) {
        throw new IOException("unpacking to " + path + ": " + lost);
      }
    } finally {
      Processes.killTree(process.toHandle());
    }
  }

  private Path real() throws IOException {
    return Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
  }

  /// A reader that fails must not look like the end of the archive, so tar is killed then. A tar
  /// that stops reading says why itself.
  private static String feed(Process process, InputStream tar) throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (OutputStream in = process.getOutputStream()) {
      for (int count = read(process, tar, buffer); count >= 0; count = read(process, tar, buffer)) {
        in.write(buffer, 0, count);
      }
      return "";
    } catch (ReadFailed e) {
      throw new IOException(e.getMessage(), e);
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static int read(Process process, InputStream tar, byte[] buffer) throws ReadFailed {
    try {
      return tar.read(buffer);
    } catch (IOException e) {
      Processes.killTree(process.toHandle());
      throw new ReadFailed(e);
    }
  }

  private static final class ReadFailed extends IOException {
    ReadFailed(IOException cause) {
      super("the archive could not be read: " + cause.getMessage(), cause);
    }
  }

  private static Process start(List<String> argv) {
    return Command.of(argv).start();
  }

  private static void drain(Process process) {
    try {
      process.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The process is gone.
    }
  }

  private static void finish(Process process, Complaint complaint, String what) throws IOException {
    try {
      int status = process.waitFor();
      if (status != 0) {
        throw new IOException(what + " ended with status " + status + ": " + complaint.text());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(what + " was interrupted", e);
    }
  }

  /// Standard error, read to its end beside the work.
  private record Complaint(ByteArrayOutputStream bytes, Thread reader) {
    static Complaint of(Process process) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      Thread reader =
          Threads.start(
              () -> {
                try {
                  process.getErrorStream().transferTo(bytes);
                } catch (IOException e) {
                  // The process is gone.
                }
              });
      return new Complaint(bytes, reader);
    }

    String text() throws InterruptedException {
      reader.join();
      String text = bytes.toString(StandardCharsets.UTF_8).strip();
      return text.substring(0, Math.min(LONGEST_COMPLAINT, text.length()));
    }
  }
}
