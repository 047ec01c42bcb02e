package dev.bakehouse.local;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/// Tools that no system package gives: the Buildkite agent and Zig. They are kept under the state
/// directory.
final class Tools {
  static final String AGENT = "github.com/buildkite/agent/v3@v3.78.0";
  static final String ZIG = "ziglang==0.15.2";
  private static final Duration LONG = Duration.ofMinutes(20);

  private final Path dir;
  private final PrintStream out;
  private final Needs needs;

  Tools(Path state, PrintStream out, Needs needs) {
    this.dir = state.resolve("tools");
    this.out = out;
    this.needs = needs;
  }

  /// `buildkite-agent`: from PATH, from an earlier run, from Homebrew, else built by Go from its
  /// module.
  Path agent() throws IOException {
    Path own = dir.resolve("bin/buildkite-agent");
    if (Files.isExecutable(own)) {
      return own;
    }
    Optional<Path> found = Programs.find("buildkite-agent");
    if (found.isPresent()) {
      return found.get();
    }
    out.println("  needs buildkite-agent (runs the jobs)");
    if (Programs.find("brew").isPresent()) {
      needs.confirm("brew install buildkite/buildkite/buildkite-agent");
      Command.of("brew", "install", "buildkite/buildkite/buildkite-agent").deadline(LONG).check();
      return Programs.find("buildkite-agent").orElseThrow();
    }
    Path go = go();
    needs.confirm(
        "go install " + AGENT,
        "Run this again with --yes, which puts it into "
            + dir
            + ", or put a buildkite-agent on PATH.");
    Path bin = Files.createDirectories(dir.resolve("bin"));
    goInstall(go, bin.toAbsolutePath());
    // The module's program is called `agent`; jobs look for `buildkite-agent`.
    Files.move(bin.resolve("agent"), own, StandardCopyOption.ATOMIC_MOVE);
    return own;
  }

  /// Go leaves more than a gigabyte of modules and objects: in its own caches where somebody uses
  /// Go, else nowhere.
  private void goInstall(Path go, Path bin) {
    Path own = dir.resolve("go").toAbsolutePath();
    Command install = Command.of(go.toString(), "install").env("GOBIN", bin.toString());
    String modules = Command.of(go.toString(), "env", "GOMODCACHE").check().text();
    if (!Files.isDirectory(Path.of(modules))) {
      install =
          install
              .and("-modcacherw")
              .env("GOPATH", own.toString())
              .env("GOMODCACHE", own.resolve("modules").toString())
              .env("GOCACHE", own.resolve("objects").toString());
    }
    try {
      install.and(AGENT).deadline(LONG).check();
    } finally {
      Directories.delete(own);
    }
  }

  private Path go() {
    Optional<Path> go = Programs.find("go");
    if (go.isEmpty() || !recent(go.get())) {
      throw new UserError(
          "There is no buildkite-agent and no Go 1.22 or newer to build it with",
          "Install buildkite-agent as its documentation says, or Go, put it on PATH, and run this again.");
    }
    return go.get();
  }

  private static boolean recent(Path go) {
    String[] version =
        Command.of(go.toString(), "env", "GOVERSION").run().text().replace("go", "").split("\\.");
    return version.length > 1 && Integer.parseInt(version[1].replaceAll("\\D.*", "")) >= 22;
  }

  /// The unpacked Zig distribution: a directory with the program `zig` and its `lib`.
  Path zig() throws IOException {
    Path zig = dir.resolve("zig");
    if (Files.isDirectory(zig)) {
      return zig;
    }
    needs.confirm(
        "python3 -m pip download " + ZIG,
        "Run this again with --yes, which puts it into " + dir + ".");
    Path wheels = dir.resolve("wheels");
    Path fresh = dir.resolve("zig.new");
    Directories.delete(wheels);
    Directories.delete(fresh);
    try {
      fetchZig(wheels, fresh);
      Files.move(fresh, zig, StandardCopyOption.ATOMIC_MOVE);
      return zig;
    } finally {
      Directories.delete(wheels);
      Directories.delete(fresh);
    }
  }

  private static void fetchZig(Path wheels, Path fresh) throws IOException {
    Command.of(
            "python3",
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            wheels.toString(),
            ZIG)
        .deadline(LONG)
        .check();
    try (Stream<Path> files = Files.list(wheels)) {
      unpack(files.filter(f -> f.toString().endsWith(".whl")).findFirst().orElseThrow(), fresh);
    }
    Files.setPosixFilePermissions(
        fresh.resolve("zig"), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /// Takes the `ziglang/` part out of the wheel, which is a zip archive.
  private static void unpack(Path wheel, Path target) throws IOException {
    try (InputStream file = Files.newInputStream(wheel);
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.isDirectory() || !entry.getName().startsWith("ziglang/")) {
          continue;
        }
        Path to = target.resolve(entry.getName().substring("ziglang/".length())).normalize();
        if (!to.startsWith(target)) {
          throw new UserError(
              "The Zig wheel " + wheel + " has an entry outside of it: " + entry.getName(),
              "Remove it and try again.");
        }
        Files.createDirectories(to.getParent());
        Files.copy(zip, to);
      }
    }
  }
}
