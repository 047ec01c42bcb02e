package dev.bakehouse.local;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Guarded;
import dev.bakehouse.platform.Guardian;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.Trees;
import dev.bakehouse.vm.tart.StandIn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;

/// The daemon of a host whose `tart` is the stand-in.
///
/// @param state the host's state directory
public record TartHost(StandIn standIn, Path state, Guarded daemon) implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(30);

  /// @param dir gets the stand-in and the host's state
  /// @param image becomes the image `mac`, or `linux`
  /// @param os what Tart is told of it: `darwin` or `linux`
  /// @param spec the host's configuration from its state directory and the image's
  static TartHost start(Path dir, Path image, String os, BiFunction<Path, Path, HostSpec> spec) {
    String name = os.equals("darwin") ? "mac" : os;
    Path state = Directories.makePrivate(Directories.makePrivate(dir).resolve("host"));
    try {
      StandIn standIn = StandIn.install(dir);
      standIn.keep(name, image, os);
      Path config = spec.apply(state, standIn.home().resolve("vms").resolve(name)).write();
      Command command = Command.of(Self.argv("host", "run", "--config", config.toString()));
      for (var variable : standIn.environment().entrySet()) {
        command = command.env(variable.getKey(), variable.getValue());
      }
      Guarded daemon =
          Guardian.of(command, state, state.resolve("host.log"), state.resolve("host.pid"))
              .grace(GRACE)
              .start();
      return new TartHost(standIn, state, daemon);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What Tart has, by name.
  List<String> vms() throws IOException {
    return Trees.names(standIn.home().resolve("vms"));
  }

  @Override
  public void close() {
    daemon.close();
  }
}
