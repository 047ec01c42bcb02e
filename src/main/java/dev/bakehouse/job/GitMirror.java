package dev.bakehouse.job;

import dev.bakehouse.image.ProjectError;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Scanner;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/// A bare mirror of one repository on the host, shared by all jobs. It is fetched with the host's
/// own credentials, once for all who ask for the same commit.
public final class GitMirror {
  private static final Duration FETCH = Duration.ofMinutes(30);

  /// Of a file that is read into memory.
  private static final long LARGEST = 1 << 20;

  /// Of files and directories that are laid down on the host, and what each takes up at least.
  private static final int MOST = 1_000_000;

  private static final long BLOCK = 4096;

  /// Characters of their names and what else git lists of them.
  private static final long NAMES = 1 << 28;

  /// A submodule's mode in a tree.
  private static final String LINK = "160000";

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
  public static GitMirror of(Path mirrors, String url) {
    if (url.startsWith("-")) {
      throw new UserError(
          "The repository address `" + url + "` starts with a dash", "Use a plain git address.");
    }
    return new GitMirror(url.startsWith("/") ? "file://" + url : url, mirrors.toAbsolutePath());
  }

  public String url() {
    return url;
  }

  public Path dir() {
    return dir;
  }

  /// Makes sure that a commit is here; fetches only when it is not. `HEAD` and a missing commit
  /// always fetch.
  ///
  /// @param wanted a commit, or `HEAD`
  /// @param branch the branch it should be found on; its own ref is asked for when a plain fetch
  ///   does not bring the commit
  public void ensure(String wanted, String branch) {
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

  /// The commit a name stands for in the mirror.
  public Optional<String> resolve(String name) {
    if (name.startsWith("-")) {
      return Optional.empty();
    }
    Outcome outcome = git("rev-parse", "--verify", "--quiet", name + "^{commit}").run();
    return outcome.ok() ? Optional.of(outcome.text()) : Optional.empty();
  }

  /// A file of a commit; empty when the commit has none of that name.
  ///
  /// @throws UserError when it is too large to be one that people wrote
  public Optional<String> file(String commit, String path) {
    Outcome size = git("cat-file", "-s", commit + ":" + path).run();
    if (size.ok() && Long.parseLong(size.text()) > LARGEST) {
      throw new Fault(
          path + " of the commit " + commit + " has more than " + LARGEST + " bytes",
          "Write a shorter one.");
    }
    Outcome outcome = git("show", commit + ":" + path).run();
    return outcome.ok()
        ? Optional.of(new String(outcome.out(), StandardCharsets.UTF_8))
        : Optional.empty();
  }

  /// Writes a commit's files into a new directory, with a repository that knows this commit and its
  /// newest tag. No hooks, filters or configuration of anyone take part.
  ///
  /// @throws ProjectError when they would be too many, or fill the disk
  void export(String commit, Path directory) {
    insistFew(commit);
    alone("init", "--quiet", "--template=", directory.toString());
    String in = "--git-dir=" + directory.resolve(".git");
    alone(in, "fetch", "--quiet", "--no-tags", "--depth=1", "file://" + dir, commit);
    alone(in, "--work-tree=" + directory, "checkout", "--quiet", "--detach", commit);
    alone(in, "remote", "add", "origin", url);
    Outcome tag = git("describe", "--tags", "--abbrev=0", commit).run();
    if (tag.ok()) {
      alone(in, "tag", "--", tag.text(), commit);
    }
  }

  /// A few small trees can name one blob a billion times.
  ///
  /// @throws ProjectError when they would be too many, or fill the disk
  void insistFew(String commit) {
    Process list = git("ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit).start();
    try (Scanner entries = new Scanner(list.getInputStream(), StandardCharsets.ISO_8859_1)) {
      long room = Files.getFileStore(dir).getUsableSpace() / 4;
      int count = 0;
      long names = 0;
      while (entries.useDelimiter("\0").hasNext()) {
        String entry = entries.next();
        names += entry.length();
        String size = entry.split("[ \t]+", 5)[3];
        room -= Math.max(BLOCK, size.equals("-") ? 0 : Long.parseLong(size));
        count++;
        if (count > MOST || names > NAMES || room < 0) {
          throw new ProjectError(
              "The files of the commit "
                  + commit
                  + " are more than "
                  + MOST
                  + ", have too long names, or are larger than a quarter of the free disk",
              "Remove what is not needed, or make room.");
        }
      }
    } catch (IOException e) {
      throw new UserError("Could not look at " + dir + ": " + e, "Check the disk.", e);
    } finally {
      list.destroyForcibly();
    }
  }

  private static void alone(String... arguments) {
    Command.of("git")
        .and(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .deadline(FETCH)
        .check();
  }

  /// The commit a submodule's path points at.
  Optional<String> resolveLink(String commit, String path) {
    Outcome outcome = git("ls-tree", "-z", commit, "--", path).run();
    String[] words = outcome.text().split("[ \t\0]");
    return outcome.ok() && words.length > 2 && words[1].equals("commit")
        ? Optional.of(words[2])
        : Optional.empty();
  }

  /// The files of a commit that a pattern fits: path → mode and object. Submodules are none.
  ///
  /// @param pattern as in git's `glob` pathspecs; a directory stands for all below it
  /// @param without what such patterns fit is left out
  SortedMap<String, String> objects(String commit, String pattern, List<String> without) {
    String empty = git("hash-object", "-t", "tree", "--stdin").check().text();
    Command diff =
        git("diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", empty, commit, "--")
            .and(":(glob)" + pattern)
            .and(without.stream().map(each -> ":(glob,exclude)" + each).toArray(String[]::new));
    SortedMap<String, String> found = new TreeMap<>();
    String[] parts = zeroTerminated(diff.check());
    for (int i = 0; i + 1 < parts.length; i += 2) {
      // :000000 100644 0000… OBJECT A
      String[] words = parts[i].split(" ", -1);
      if (!words[1].equals(LINK)) {
        found.put(parts[i + 1], words[1] + " " + words[3]);
      }
    }
    return found;
  }

  /// The submodules of a commit: path → mode and commit.
  SortedMap<String, String> links(String commit) {
    SortedMap<String, String> found = new TreeMap<>();
    if (file(commit, ".gitmodules").isEmpty()) {
      return found;
    }
    for (String line : zeroTerminated(git("ls-tree", "-r", "-z", commit).check())) {
      // MODE commit COMMIT\tPATH
      if (line.startsWith(LINK + " ")) {
        int tab = line.indexOf('\t');
        found.put(line.substring(tab + 1), LINK + " " + line.substring(0, tab).split(" ", -1)[2]);
      }
    }
    return found;
  }

  /// Names are bytes, one character each.
  private static String[] zeroTerminated(Outcome outcome) {
    return new String(outcome.out(), StandardCharsets.ISO_8859_1).split("\0");
  }

  /// How far a commit lies behind another: 0 for the same, empty when it is no ancestor.
  public OptionalInt distance(String ancestor, String commit) {
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
