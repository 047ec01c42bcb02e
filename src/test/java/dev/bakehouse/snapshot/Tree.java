package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// Directories as `find` and `sha256sum` see them: none of our code compares.
public final class Tree {
  private Tree() {}

  /// One line an entry, sorted: type, mode, size and mtime to the nanosecond, link target, name;
  /// then link counts, inode groups and contents of the files.
  public static String describe(Path dir) {
    String entries =
        find(dir, "-printf", "%y %m %T@ %l %P\\0")
            + find(dir, "-type", "f", "-printf", "%n %s %P\\0");
    String contents = find(dir, "-type", "f", "-exec", "sha256sum", "-z", "{}", "+");
    return sorted(entries) + sorted(contents.replace(dir.toString(), ""));
  }

  /// Odd things a cache may hold.
  public static Path odd(Path dir) throws IOException {
    Files.createDirectories(dir.resolve("empty/nested"));
    Files.createDirectories(dir.resolve("deep/" + "d".repeat(120) + "/" + "e".repeat(120)));
    Files.writeString(dir.resolve("plain"), "plain\n");
    Files.writeString(dir.resolve("zero"), "");
    Files.writeString(dir.resolve("name with \n newline, 'quotes', \"more\" $(id) * é 日本"), "x");
    Files.writeString(dir.resolve("-rf"), "dash");
    Files.writeString(dir.resolve("deep/" + "d".repeat(120) + "/" + "e".repeat(120) + "/f"), "far");
    Files.write(dir.resolve("big"), new byte[3_000_000]);
    Files.createLink(dir.resolve("empty/hard"), dir.resolve("plain"));
    Files.createSymbolicLink(dir.resolve("soft"), Path.of("plain"));
    Files.createSymbolicLink(dir.resolve("empty/up"), Path.of("../deep"));
    Files.createSymbolicLink(dir.resolve("dangling"), Path.of("nowhere"));
    Files.writeString(dir.resolve("run"), "#!/bin/sh\n");
    Files.createDirectories(dir.resolve("order/a"));
    Files.createDirectories(dir.resolve("order/a-"));
    Files.writeString(dir.resolve("order/a/x"), "x");
    Files.writeString(dir.resolve("order/a-/x"), "y");
    Files.writeString(dir.resolve("order/a.x"), "z");
    sh(
        dir,
        "sh",
        "-c",
        "printf no-text > $(printf '\\377\\200'); mkdir $(printf 'd\\376'); : > $(printf 'd\\376/\\303')");
    sh(
        dir,
        "sh",
        "-c",
        "ln -s $(printf '\\377\\200') odd-link; for m in 7777 4755 2755 1777 0000 6444; do : > m$m; chmod $m m$m; done; mkdir sticky; chmod 3770 sticky");
    sh(dir, "chmod", "755", "run");
    sh(dir, "chmod", "400", "zero");
    sh(dir, "chmod", "700", "empty");
    sh(dir, "touch", "-h", "-d", "2001-02-03 04:05:06.123456789", "soft", "big");
    sh(dir, "touch", "-d", "1969-12-31 23:59:58.5", "plain");
    sh(dir, "touch", "-d", "2033-01-01 00:00:00.000000001", "empty/nested", "empty");
    return dir;
  }

  public static void sh(Path dir, String... argv) {
    Command.of(argv).in(dir).check();
  }

  private static String find(Path dir, String... test) {
    return new String(
        Command.of("find", dir.toString()).and(test).check().out(), StandardCharsets.UTF_8);
  }

  private static String sorted(String lines) {
    String[] each = lines.split("\0");
    Arrays.sort(each);
    return String.join("\n", each) + "\n";
  }
}
