package dev.bakehouse.cli;

import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.Ended;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.guest.RunResult;
import dev.bakehouse.guest.RunSpec;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Vm;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "exec",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a command in a running VM, without a shell: input, both outputs and status are its own.",
      "128+N for a signal, 125 when the VM or the connection failed."
    })
final class VmExec implements Callable<Integer> {
  @Mixin private VmState state = new VmState();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "86400",
      description = "Kill the command after that time (default: ${DEFAULT-VALUE}).")
  private int seconds = 86_400;

  @Parameters(index = "0", paramLabel = "NAME", description = "The VM.")
  private String name = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "Program and arguments; `--` before them.")
  private List<String> command = List.of();

  @Override
  public Integer call() {
    try {
      Vm vm = state.require(name);
      VmAccess access = new VmAccess(vm, state.directory());
      var target = access.target();
      Path own = Directories.makePrivate(access.directory().resolve("exec-" + id()));
      try (Ssh ssh = access.connect(target, own);
          Control control = ssh.control()) {
        return run(GuestSystem.of(vm.config()), ssh, control);
      } finally {
        Directories.delete(own);
      }
    } catch (UserError e) {
      Exit.of(e);
      return Exit.INFRASTRUCTURE;
    }
  }

  private int run(GuestSystem system, Ssh ssh, Control control) {
    String id = "exec-" + id();
    RunSpec spec =
        RunSpec.of(id, system.home(), command.toArray(String[]::new))
            .env(system.environment())
            .apart()
            .withInput();
    Thread end = new Thread(() -> control.signal(id, "TERM"));
    Runtime.getRuntime().addShutdownHook(end);
    AtomicBoolean unread = new AtomicBoolean();
    Runnable gone =
        () -> {
          if (unread.compareAndSet(false, true)) {
            control.signal(id, "PIPE");
          }
        };
    RunResult result =
        ssh.run(
            spec,
            System.in,
            new Reported(FileDescriptor.out, gone),
            new Reported(FileDescriptor.err, gone),
            control,
            Duration.ofSeconds(seconds));
    Runtime.getRuntime().removeShutdownHook(end);
    return switch (result) {
      case RunResult.Finished(Ended ended) -> ended.status();
      case RunResult.ConnectionLost(String _, var ended) when unread.get() && ended.isPresent() ->
          ended.get().status();
      case RunResult.ConnectionLost(String why, var _) ->
          throw new UserError("The connection to " + name + " was lost: " + why, "Try again.");
      case RunResult.NotStarted(String why) ->
          throw new UserError(
              "The command was not started in " + name + ": " + why,
              "Check its name and path; `bakehouse vm ssh " + name + "` shows what is there.");
      case RunResult.TimedOut(Duration limit) -> {
        control.signal(id, "KILL");
        throw new UserError(
            "The command did not end within " + limit.toSeconds() + " s", "Raise --timeout.");
      }
    };
  }

  private static String id() {
    return ProcessHandle.current().pid() + "-" + System.nanoTime();
  }

  /// One of this process's outputs. When nobody reads it any more, the command gets SIGPIPE, as it
  /// would here.
  private static final class Reported extends FileOutputStream {
    private final Runnable gone;

    Reported(FileDescriptor descriptor, Runnable gone) {
      super(descriptor);
      this.gone = gone;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        super.write(bytes, offset, length);
      } catch (IOException e) {
        gone.run();
        throw e;
      }
    }
  }
}
