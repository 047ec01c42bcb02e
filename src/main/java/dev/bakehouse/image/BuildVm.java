package dev.bakehouse.image;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// The VM an image is built in: what [Build] needs of hypervisor and guest. Every wait polls and
/// ends at its deadline with a [dev.bakehouse.platform.UserError].
public interface BuildVm extends AutoCloseable {
  /// Makes such VMs.
  interface Maker {
    /// Clones the base and sizes it; nothing runs yet.
    ///
    /// @param config its size, and the password of a base that knows no other way in
    BuildVm create(String name, LocalImage base, ImageConfig config);
  }

  /// Until something in the guest answers. A guest that is slower than that may still come up in
  /// the phases that follow.
  void start(Duration deadline);

  void awaitAddress(Duration deadline);

  /// Until a command can run; password log-in is replaced by a key then.
  void awaitSsh(Duration deadline);

  /// Brings a directory of the host into the guest.
  ///
  /// @return its path in the guest
  String workspace(Path directory);

  /// Runs a command in the guest, streaming what it writes.
  ///
  /// @return 0 to 255, 128+N for a signal
  int run(List<String> argv, String guestDirectory, OutputStream output, Duration deadline);

  /// Removes what only this build needed (its key), then shuts down gracefully.
  void shutdown(Duration grace);

  /// Writes the stopped VM's `disk.img` (raw, sparse), `config.json` and `nvram.bin` into a
  /// directory.
  void save(Path directory) throws IOException;

  /// Removes every trace of the VM.
  @Override
  void close();
}
