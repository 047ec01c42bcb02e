package dev.bakehouse.fleet;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What hosts are upgraded to: a compressed tar archive with the `bakehouse` launcher at its top.
///
/// @param id names its directory on the hosts: a commit, or digits of the archive's SHA-256
public record Release(String id, byte[] archive) {
  private static final int DIGITS = 12;

  /// A commit of a repository of this program; hosts build it before they switch.
  public static Release ofCommit(Path repository, String commit) {
    String in = repository.toString();
    String id =
        Command.of("git", "-C", in, "rev-parse", "--verify", "--end-of-options")
            .and(commit + "^{commit}")
            .check()
            .text()
            .substring(0, DIGITS);
    byte[] archive = Command.of("git", "-C", in, "archive", "--format=tar.gz", id).check().out();
    return new Release(id, archive);
  }

  /// An archive: of a commit, or of one with what was built from it in `target/`.
  public static Release ofFile(Path file) {
    try {
      byte[] archive = Files.readAllBytes(file);
      String digest = Digests.hex(Digests.sha256(new ByteArrayInputStream(archive)));
      return new Release(digest.substring(0, DIGITS), archive);
    } catch (IOException e) {
      throw new UserError(
          "Could not read the release " + file + ": " + Reason.of(e), "Name a .tar.gz.", e);
    }
  }
}
