package dev.bakehouse.job;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/// A bare mirror of one repository on the host, shared by all jobs. It is fetched with the host's
/// own credentials, once for all who ask for the same commit.
final class GitMirror {
  static final Duration FETCH = Duration.ofMinutes(30);

  /// What is in a repository, or is not, keeps a job from its commit: the host is not at fault.
  static final class Fault extends UserError {
    Fault(String message, String remedy) {
      super(message, remedy);
    }
  }

  private final String url;
  private final Path mirrors;
  private final Path dir;

  private GitMirror(String url, Path mirrors) {
    this.url = url;
    this.mirrors = mirrors;
    this.dir = mirrors.resolve(Digests.hex(url).substring(0, 24) + ".git");
  }

  /// The mirror of a repository address; nothing is fetched yet.
  ///
  /// @param url as git takes it; a plain path becomes a `file://` address, which a guest's git can
  ///   be pointed elsewhere for
  static GitMirror of(Path mirrors, String url) {
    if (url.startsWith("-")) {
      throw new UserError(
          "The repository address `" + url + "` starts with a dash", "Use a plain git address.");
    }
    return new GitMirror(url.startsWith("/") ? "file://" + url : url, mirrors.toAbsolutePath());
  }

  String url() {
    return url;
  }

  Path dir() {
    return dir;
  }

  /// Makes sure that a commit is here; fetches only when it is not. `HEAD` and a missing commit
  /// always fetch.
  ///
  /// @param wanted a commit, or `HEAD`
  /// @param branch the branch it should be found on; its own ref is asked for when a plain fetch
  ///   does not bring the commit
  void ensure(String wanted, String branch) {
    if (has(wanted)) {
      return;
    }
    Directories.makePrivate(mirrors);
    Path lock = mirrors.resolve(dir.getFileName() + ".lock");
    try (ExclusiveLock _ = ExclusiveLock.on(lock)) {
      if (has(wanted)) {
        return;
      }
      if (Files.isDirectory(dir)) {
        git("fetch", "--prune", "--quiet", "origin").deadline(FETCH).check();
      } else {
        cloneAtomically();
      }
      if (isCommit(wanted) && !has(wanted)) {
        git("fetch", "--quiet", "origin", wanted).deadline(FETCH).run();
      }
    } catch (IOException e) {
      throw new UserError(
          "Could not make the mirror " + dir + ": " + e.getMessage(),
          "Check the state directory's owner and free space.",
          e);
    }
    if (isCommit(wanted) && !has(wanted)) {
      throw without(wanted, branch);
    }
  }

  /// The error that says that a commit is not here.
  Fault without(String commit, String branch) {
    return new Fault(
        "The repository " + url + " has no commit " + commit + " (branch " + branch + ")",
        "Was it pushed? Was the branch rewritten?");
  }

  /// The files of one of its commits.
  CommitFiles files(String commit) {
    return new CommitFiles(this, commit);
  }

  /// The commit a name stands for in the mirror.
  Optional<String> resolve(String name) {
    if (name.startsWith("-")) {
      return Optional.empty();
    }
    Outcome outcome = git("rev-parse", "--verify", "--quiet", name + "^{commit}").run();
    return outcome.ok() ? Optional.of(outcome.text()) : Optional.empty();
  }

  /// How far a commit lies behind another: 0 for the same, empty when it is no ancestor.
  OptionalInt distance(String ancestor, String commit) {
    return distance(this::git, ancestor, commit);
  }

  /// @param git makes a command on a repository
  static OptionalInt distance(Function<String[], Command> git, String ancestor, String commit) {
    String[] ask = {"merge-base", "--is-ancestor", ancestor, commit};
    if (!isCommit(ancestor) || !git.apply(ask).run().ok()) {
      return OptionalInt.empty();
    }
    String[] count = {"rev-list", "--count", ancestor + ".." + commit};
    return OptionalInt.of(Integer.parseInt(git.apply(count).check().text()));
  }

  /// Bytes of its objects.
  long size() {
    try (Stream<Path> files = Files.walk(dir.resolve("objects"))) {
      return files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
    } catch (IOException | UncheckedIOException e) {
      // A fetch beside us moves files about; whatever it is, it is no small one.
      return Long.MAX_VALUE;
    }
  }

  /// A git command on the mirror. No prompt can hang it, and configuration inside the mirror runs
  /// nothing.
  Command git(String... arguments) {
    return Command.of("git", "--git-dir=" + dir)
        .and(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_COUNT", "0");
  }

  private boolean has(String commit) {
    return isCommit(commit)
        && Files.isDirectory(dir)
        && git("cat-file", "-e", commit + "^{commit}").run().ok();
  }

  /// Whether it is a commit's full name.
  static boolean isCommit(String name) {
    return name.matches("[0-9a-f]{40}|[0-9a-f]{64}");
  }

  private void cloneAtomically() throws IOException {
    Path fresh = mirrors.resolve("." + dir.getFileName() + ".new");
    Directories.delete(fresh);
    Command.of("git", "clone", "--mirror", "--quiet", "--", url, fresh.toString())
        .env("GIT_TERMINAL_PROMPT", "0")
        .deadline(FETCH)
        .check();
    for (String setting :
        new String[] {"uploadpack.allowAnySHA1InWant", "uploadpack.allowFilter"}) {
      Command.of("git", "--git-dir=" + fresh, "config", setting, "true").check();
    }
    Files.move(fresh, dir, StandardCopyOption.ATOMIC_MOVE);
  }
}
