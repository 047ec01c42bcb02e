package dev.bakehouse.image;

import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// A build's VM that is this machine: commands run here, and its image is its base's.
public final class HostVm implements BuildVm {
  private final LocalImage base;
  private final List<String> calls;

  /// @param calls gets the name of each phase, and of each command's program or last word
  public HostVm(LocalImage base, List<String> calls) {
    this.base = base;
    this.calls = calls;
  }

  @Override
  public void start(Duration deadline) {
    calls.add("start");
  }

  @Override
  public void awaitAddress(Duration deadline) {
    calls.add("address");
  }

  @Override
  public void awaitSsh(Duration deadline) {
    calls.add("ssh");
  }

  @Override
  public String workspace(Path directory) {
    calls.add("workspace");
    return directory.toString();
  }

  @Override
  public int run(List<String> argv, String directory, OutputStream output, Duration deadline) {
    calls.add(
        Path.of(argv.size() == 1 ? argv.getFirst() : argv.getLast()).getFileName().toString());
    var outcome = Command.of(argv).in(Path.of(directory)).deadline(deadline).run();
    try {
      output.write(outcome.out());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return outcome.status();
  }

  @Override
  public void shutdown(Duration grace) {
    calls.add("shutdown");
  }

  @Override
  public void save(Path directory) throws IOException {
    calls.add("save");
    for (String file : List.of("disk.img", "config.json", "nvram.bin")) {
      Files.createLink(directory.resolve(file), base.directory().resolve(file));
    }
  }

  @Override
  public void close() {
    calls.add("close");
  }
}
