package dev.bakehouse.vm.qemu;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// A guest of one boot sector that counts timer ticks in memory and prints each count, four hex
/// digits a line, on the serial console. Real VMs in a tenth of a second.
final class Ticker {
  static final Shape SHAPE = new Shape(1, 32, 0);

  /// xor ax,ax; segments; [0x7e00] = 0; loop: hlt, inc [0x7e00], print it to port 0x3f8.
  private static final String CODE =
      "fa31c08ed88ed0bc0070a3007efbf4ff06007e8b1e007eb90400c1c30488d8240f3c0a720204270430baf803eee2ebb00aeeebda";

  private Ticker() {}

  static BaseImage image(Path directory) throws IOException {
    Files.createDirectories(directory);
    byte[] disk = Arrays.copyOf(HexFormat.of().parseHex(CODE), 1 << 20);
    disk[510] = 0x55;
    disk[511] = (byte) 0xaa;
    Files.write(directory.resolve("disk.img"), disk);
    return new BaseImage("ticker", directory, "ticker");
  }

  /// The counts printed so far.
  static List<Integer> counts(Path console) throws IOException {
    String text = Files.readString(console);
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    return whole
        .lines()
        .filter(l -> l.matches("[0-9a-f]{4}"))
        .map(l -> Integer.parseInt(l, 16))
        .toList();
  }

  /// Waits until so many counts are there.
  static List<Integer> await(Path console, int many) {
    return Poll.until(
        many + " ticks on " + console,
        Duration.ofSeconds(60),
        () -> Optional.of(counts(console)).filter(c -> c.size() >= many));
  }
}
