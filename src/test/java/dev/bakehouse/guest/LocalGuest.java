package dev.bakehouse.guest;

import dev.bakehouse.platform.Command;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// The guest program run on this machine: `serve` over pipes, `run` as a child.
final class LocalGuest implements AutoCloseable {
  static final Path PROGRAM =
      Path.of("src/main/resources/dev/bakehouse/guest/guest.pl").toAbsolutePath();

  private final Path dir;
  private final Process serve;
  final Control control;

  /// What a run gave.
  record Ran(Ended ended, byte[] out, byte[] err) {}

  LocalGuest(Path dir) {
    this.dir = dir;
    this.serve = program("serve", "-").start();
    this.control = new Control(serve.getInputStream(), serve.getOutputStream());
    control.hello(Duration.ofSeconds(20));
  }

  /// Raw bytes to the control channel's guest end.
  void noise(byte[] bytes) throws IOException {
    serve.getOutputStream().write(bytes);
    serve.getOutputStream().flush();
  }

  Control another() {
    return new Control(serve.getInputStream(), serve.getOutputStream());
  }

  Process start(RunSpec spec, byte[] input) throws IOException {
    Process process = program("run").start();
    OutputStream stdin = process.getOutputStream();
    stdin.write(spec.request());
    stdin.write(input);
    stdin.close();
    return process;
  }

  Ran run(RunSpec spec) throws Exception {
    return run(spec, new byte[0]);
  }

  Ran run(RunSpec spec, byte[] input) throws Exception {
    Process process = start(spec, input);
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Thread reader =
        Thread.startVirtualThread(
            () -> {
              try {
                process.getErrorStream().transferTo(err);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    byte[] out = process.getInputStream().readAllBytes();
    reader.join();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new AssertionError("the runner did not end");
    }
    return new Ran(control.await(spec.id(), Duration.ofSeconds(30)), out, err.toByteArray());
  }

  private Command program(String... args) {
    return Command.of("perl", "-Mstrict", PROGRAM.toString())
        .and(args)
        .env("BAKEHOUSE_RUN_DIR", dir.toString());
  }

  @Override
  public void close() {
    control.close();
    serve.destroy();
  }
}
