package dev.bakehouse.vm;

import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// A VM with a directory in [VmHome], and what all hypervisors do alike with it.
public abstract class HomeVm implements Vm {
  private final VmHome home;
  private final Path directory;
  private VmRecord record;

  protected HomeVm(VmHome home, VmRecord record) {
    this.home = home;
    this.record = record;
    this.directory = home.directory(record.name());
  }

  protected abstract VmProcess process();

  @Override
  public final String name() {
    return record.name();
  }

  public final VmRecord record() {
    return record;
  }

  public final Path directory() {
    return directory;
  }

  @Override
  public final void standBy(String key) {
    record = home.standBy(record, key);
  }

  @Override
  public final boolean owned() {
    return home.owns(record);
  }

  @Override
  public final void letGo() {
    process().letGo();
  }

  @Override
  public final boolean running() {
    return process().alive().isPresent();
  }

  /// Notes that it begins to run for this process.
  protected final void noteStart(Owner owner) throws IOException {
    boolean kept = record.kept() || owner == Owner.DETACHED;
    record = record.startedFor(Processes.self(), kept);
    VmHome.write(directory, record);
  }

  /// Notes that it lives on without its owner.
  protected final void noteKept() throws IOException {
    record = record.keep();
    VmHome.write(directory, record);
  }

  /// As [VmHome#take].
  protected final void take(Runnable end, Optional<Path> target) {
    home.take(record, _ -> end.run(), target);
  }

  protected final void insistStopped(String remedy) {
    if (running()) {
      throw new UserError("The VM " + name() + " runs", remedy);
    }
  }

  protected final UserError failed(String what, IOException e) {
    return new UserError(
        "Could not " + what + " the VM " + name() + ": " + e,
        "Check the space and mode of " + directory + ".",
        e);
  }
}
