package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Command;
import dev.bakehouse.vm.Trees;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// One VM of the stand-in, in `TART_HOME/vms/N`.
///
/// `disk.img` is a qcow2 file over a chain of layers that are never written. A clone shares them by
/// hard links, so it depends on no other VM's directory.
record StandInVm(String name, Path directory) {
  static final String STATE = "state.vzvmsave";
  private static final String DISK = "disk.img";
  private static final String PRISTINE = "standin-pristine";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  boolean exists() {
    return List.of("config.json", DISK, "nvram.bin").stream()
        .allMatch(f -> Files.isRegularFile(directory.resolve(f)));
  }

  ObjectNode config() throws IOException {
    return (ObjectNode) JSON.readTree(Files.readAllBytes(directory.resolve("config.json")));
  }

  void config(ObjectNode config) throws IOException {
    Files.write(directory.resolve("config.json"), JSON.writeValueAsBytes(config));
  }

  /// A write lock on `config.json` means running, as with Tart.
  boolean running() throws IOException {
    try (FileChannel channel =
            FileChannel.open(directory.resolve("config.json"), StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    }
  }

  boolean suspended() {
    return Files.exists(directory.resolve(STATE));
  }

  String state() throws IOException {
    return running() ? "running" : suspended() ? "suspended" : "stopped";
  }

  String note(String file) throws IOException {
    return Files.readString(directory.resolve("standin-" + file)).strip();
  }

  void note(String file, String text) throws IOException {
    Path draft = directory.resolve("standin-" + file + ".new");
    Files.writeString(draft, text);
    Files.move(draft, directory.resolve("standin-" + file), StandardCopyOption.ATOMIC_MOVE);
  }

  /// The process that plays the machine.
  long qemu() throws IOException {
    return Long.parseLong(note("qemu.id").split(" ")[0]);
  }

  /// Gives this VM a fresh disk over a layer that lies in its directory.
  void overlay(String layer, String format) throws IOException {
    Command.of("qemu-img", "create", "-q", "-f", "qcow2", "-b", layer, "-F", format, DISK)
        .in(directory)
        .check();
    Files.writeString(directory.resolve(PRISTINE), layer + " " + format);
  }

  /// To be called before the disk is written to.
  void touched() throws IOException {
    Files.deleteIfExists(directory.resolve(PRISTINE));
  }

  void resize(long gb) throws IOException {
    touched();
    Command.of("qemu-img", "resize", "-q", DISK, Long.toString(gb * 1_000_000_000L))
        .in(directory)
        .check();
  }

  /// Whether this VM's disk came as a plain file, as images do: it is not touched.
  private boolean raw() throws IOException {
    try (InputStream in = Files.newInputStream(directory.resolve(DISK))) {
      return !Arrays.equals(in.readNBytes(4), new byte[] {'Q', 'F', 'I', (byte) 0xfb});
    }
  }

  private void cloneRaw(StandInVm other) throws IOException {
    Files.createDirectories(other.directory());
    for (String file : List.of("config.json", "nvram.bin")) {
      Files.copy(directory.resolve(file), other.directory().resolve(file));
    }
    String layer = "layer-" + UUID.randomUUID();
    Path copy = other.directory().resolve(layer);
    Command.of("cp", "--sparse=always", directory.resolve(DISK).toString(), copy.toString())
        .check();
    other.overlay(layer, "raw");
  }

  /// Fills the directory of a clone.
  void cloneTo(StandInVm other) throws IOException {
    if (raw()) {
      cloneRaw(other);
      return;
    }
    if (!Files.exists(directory.resolve(PRISTINE))) {
      String layer = "layer-" + UUID.randomUUID();
      Files.move(directory.resolve(DISK), directory.resolve(layer));
      overlay(layer, "qcow2");
    }
    String[] top = Files.readString(directory.resolve(PRISTINE)).split(" ");
    Files.createDirectories(other.directory());
    for (String file : Trees.names(directory)) {
      Path target = other.directory().resolve(file);
      if (file.startsWith("layer-") || List.of("kernel", "initrd", STATE).contains(file)) {
        Files.createLink(target, directory.resolve(file));
      } else if (List.of("config.json", "nvram.bin").contains(file)) {
        Files.copy(directory.resolve(file), target);
      }
    }
    other.overlay(top[0], top[1]);
  }
}
