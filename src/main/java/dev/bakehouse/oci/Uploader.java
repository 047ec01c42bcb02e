package dev.bakehouse.oci;

import dev.bakehouse.oci.Endpoints.HeadBlob;
import dev.bakehouse.oci.UploadEndpoints.AskUpload;
import dev.bakehouse.oci.UploadEndpoints.CancelUpload;
import dev.bakehouse.oci.UploadEndpoints.PatchChunk;
import dev.bakehouse.oci.UploadEndpoints.PutBlob;
import dev.bakehouse.oci.UploadEndpoints.Session;
import dev.bakehouse.oci.UploadEndpoints.StartUpload;
import dev.bakehouse.platform.Attempts;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.LongConsumer;

/// Sends blobs that a repository lacks: each in one request, or in chunks, where a broken chunk is
/// followed by what the registry says it has.
///
/// @param repository for messages
/// @param chunk bytes of a chunk; 0 for one request a blob
record Uploader(RegistryClient client, String repository, long chunk) {
  /// Attempts when the registry finds fault with what was sent.
  private static final int OBJECTIONS = 2;

  /// @param reached see [Repository#writeBlob]
  void write(Digest digest, Path file, LongConsumer reached) throws IOException {
    Attempts attempts = new Attempts(client.patience(), "upload the blob " + digest);
    while (!client.send(new HeadBlob(repository, digest))) {
      try (FileChannel bytes = FileChannel.open(file, StandardOpenOption.READ)) {
        attempt(digest, bytes, reached);
        return;
      } catch (RegistryError.Denied e) {
        throw e;
      } catch (RegistryError e) {
        if (!again(attempts, e)) {
          throw e;
        }
      }
    }
  }

  private void attempt(Digest digest, FileChannel file, LongConsumer reached) throws IOException {
    Session session = client.send(new StartUpload(repository));
    long size = file.size();
    boolean whole = chunk == 0 || size <= chunk;
    try {
      if (!whole) {
        session = chunks(session, file, size, reached);
      }
      FilePart rest = new FilePart(file, whole ? 0 : size, whole ? size : 0, reached);
      client.send(new PutBlob(repository, session, digest, rest));
    } catch (RegistryError e) {
      cancel(session);
      throw e;
    }
  }

  /// @return the session when all parts are there
  private Session chunks(Session begun, FileChannel file, long size, LongConsumer reached) {
    Attempts attempts = new Attempts(client.patience(), "upload a part of a blob");
    Session session = begun;
    while (session.have() < size) {
      long length = Math.min(Math.max(chunk, begun.leastChunk()), size - session.have());
      Session next = chunk(session, new FilePart(file, session.have(), length, reached), attempts);
      if (next.have() > size) {
        throw new RegistryError(
            "Could not upload a blob of "
                + size
                + " bytes to "
                + repository
                + ": it has "
                + next.have(),
            "Try again later, or look at the registry's log.");
      }
      if (next.have() > session.have()) {
        attempts.progress();
      }
      session = next;
    }
    return session;
  }

  private Session chunk(Session session, FilePart part, Attempts attempts) {
    try {
      Optional<Session> next = client.send(new PatchChunk(repository, session, part));
      if (next.isPresent() && next.get().have() > session.have()) {
        return next.get();
      }
      return outOfStep(session, part, attempts);
    } catch (RegistryError.Failing | RegistryError.Unreachable e) {
      if (!again(attempts, e)) {
        throw e;
      }
      return whatItHas(session, e);
    }
  }

  private Session outOfStep(Session session, FilePart part, Attempts attempts) {
    RegistryError refused =
        new RegistryError(
            "Could not upload a part of a blob to "
                + repository
                + ": it does not take the bytes from "
                + part.offset()
                + " on",
            "Try again later, or look at the registry's log.");
    if (!attempts.again(Optional.empty())) {
      throw refused;
    }
    return whatItHas(session, refused);
  }

  /// @param why it is asked; the error when the registry knows the upload no more
  private Session whatItHas(Session session, RegistryError why) {
    try {
      return client.send(new AskUpload(repository, session));
    } catch (RegistryError.Denied e) {
      throw e;
    } catch (RegistryError e) {
      why.addSuppressed(e);
      throw why;
    }
  }

  private static boolean again(Attempts attempts, RegistryError e) {
    return switch (e) {
      case RegistryError.Failing failing -> attempts.again(failing.retryAfter());
      case RegistryError.Unreachable _ -> attempts.again(Optional.empty());
      case RegistryError _ -> attempts.again(Optional.empty(), OBJECTIONS);
    };
  }

  /// So that the registry need not keep the parts; it forgets them by itself in time.
  void cancel(Session session) {
    try {
      client.send(new CancelUpload(repository, session));
    } catch (RegistryError e) {
      // It is gone, or the registry is.
    }
  }
}
