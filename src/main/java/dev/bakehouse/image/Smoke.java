package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Tail;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Tries an image in a fresh VM before any job runs in it: it must come up, and pass the commands
/// of `image.smoke`; when there are none, have the declared tools.
final class Smoke {
  private static final Duration TOOL = Duration.ofMinutes(1);
  private static final Duration COMMAND = Duration.ofMinutes(30);

  private final BuildVm.Maker vms;
  private final Path logs;
  private final Log log;

  Smoke(BuildVm.Maker vms, Path logs, Log log) {
    this.vms = vms;
    this.logs = logs;
    this.log = log;
  }

  /// @throws ProjectError when the image is at fault
  /// @throws UserError when there was no VM to try it in
  void run(LocalImage image, ImageConfig config) {
    Path file = logs.resolve("image-smoke-" + image.name() + ".log");
    String name = "smoke-" + image.name() + "-" + ProcessHandle.current().pid();
    try (OutputStream output = Files.newOutputStream(Files.createDirectories(logs).resolve(file));
        BuildVm vm = vms.create(name, image, config)) {
      up(vm, image, config.deadlines());
      for (List<String> command : commands(config)) {
        Duration deadline = config.smoke().isEmpty() ? TOOL : COMMAND;
        int status = vm.run(command, "/", output, deadline);
        String shown = command.getLast();
        log.say("smoke: " + shown + ": " + (status == 0 ? "passed" : "status " + status));
        if (status != 0) {
          throw new ProjectError(
              "The image %s fails its smoke test: `%s` ended with status %d (log: %s)%n%s"
                  .formatted(image.name(), shown, status, file, Tail.of(file)),
              "Mend the bootstrap script, or correct `image.smoke`.");
        }
      }
    } catch (IOException e) {
      throw Trees.failed("try the image " + image.name(), e);
    }
  }

  private static void up(BuildVm vm, LocalImage image, ImageConfig.Deadlines deadlines) {
    try {
      vm.start(deadlines.boot());
      vm.awaitAddress(deadlines.address());
      vm.awaitSsh(deadlines.ssh());
    } catch (UserError e) {
      throw new ProjectError(
          "The image " + image.name() + " does not come up: " + e.getMessage(), e.remedy());
    }
  }

  private static List<List<String>> commands(ImageConfig config) {
    List<List<String>> all = new ArrayList<>();
    config.smoke().forEach(text -> all.add(List.of("/bin/sh", "-lc", text)));
    if (all.isEmpty()) {
      config
          .tools()
          .forEach(tool -> all.add(List.of("/bin/sh", "-lc", "command -v -- \"$1\"", "sh", tool)));
    }
    return all;
  }
}
