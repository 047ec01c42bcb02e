package dev.bakehouse.job;

import dev.bakehouse.image.ProjectError;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Scanner;
import java.util.SortedMap;
import java.util.TreeMap;

/// The files of one commit in a mirror. Reading them runs nothing of the repository.
///
/// @param commit its full name
record CommitFiles(GitMirror mirror, String commit) {
  /// Of a file that is read into memory.
  private static final long LARGEST = 1 << 20;

  /// Of files and directories that are laid down on the host, and what each takes up at least.
  private static final int MOST = 1_000_000;

  private static final long BLOCK = 4096;

  /// Characters of their names and what else git lists of them.
  private static final long NAMES = 1 << 28;

  /// A submodule's mode in a tree.
  private static final String LINK = "160000";

  /// Names the submodules.
  static final String MODULES = ".gitmodules";

  /// The tree of no files, which git knows in every repository; by its kind of hashes.
  private static final String EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

  private static final String EMPTY_SHA256 =
      "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";

  /// The content of one; empty when there is none of that name.
  ///
  /// @throws UserError when it is too large to be one that people wrote
  Optional<String> file(String path) {
    Outcome size = mirror.git("cat-file", "-s", commit + ":" + path).run();
    if (size.ok() && Long.parseLong(size.text()) > LARGEST) {
      throw new GitMirror.Fault(
          path + " of the commit " + commit + " has more than " + LARGEST + " bytes",
          "Write a shorter one.");
    }
    Outcome outcome = mirror.git("show", commit + ":" + path).run();
    return outcome.ok()
        ? Optional.of(new String(outcome.out(), StandardCharsets.UTF_8))
        : Optional.empty();
  }

  /// Writes them into a new directory, with a repository that knows this commit and its newest tag.
  /// No hooks, filters or configuration of anyone take part.
  ///
  /// @throws ProjectError when they would be too many, or fill the disk
  void export(Path directory) {
    insistFew();
    alone("init", "--quiet", "--template=", directory.toString());
    String in = "--git-dir=" + directory.resolve(".git");
    alone(in, "fetch", "--quiet", "--no-tags", "--depth=1", "file://" + mirror.dir(), commit);
    alone(in, "--work-tree=" + directory, "checkout", "--quiet", "--detach", commit);
    alone(in, "remote", "add", "origin", mirror.url());
    Outcome tag = mirror.git("describe", "--tags", "--abbrev=0", commit).run();
    if (tag.ok()) {
      alone(in, "tag", "--", tag.text(), commit);
    }
  }

  /// A few small trees can name one blob a billion times.
  ///
  /// @throws ProjectError when they would be too many, or fill the disk
  void insistFew() {
    Process list = mirror.git("ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit).start();
    try (Scanner entries = new Scanner(list.getInputStream(), StandardCharsets.ISO_8859_1)) {
      long room = Files.getFileStore(mirror.dir()).getUsableSpace() / 4;
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
      throw new UserError("Could not look at " + mirror.dir() + ": " + e, "Check the disk.", e);
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
        .deadline(GitMirror.FETCH)
        .check();
  }

  /// The commit a submodule's path points at.
  Optional<String> resolveLink(String path) {
    Outcome outcome = mirror.git("ls-tree", "-z", commit, "--", path).run();
    String[] words = outcome.text().split("[ \t\0]");
    return outcome.ok() && words.length > 2 && words[1].equals("commit")
        ? Optional.of(words[2])
        : Optional.empty();
  }

  /// Those that a pattern fits: path → mode and object. Submodules are none.
  ///
  /// @param patterns as git's `glob` pathspecs; a directory stands for all below it
  /// @param without what such patterns fit is left out
  SortedMap<String, String> objects(List<String> patterns, List<String> without) {
    String empty = commit.length() == EMPTY.length() ? EMPTY : EMPTY_SHA256;
    Command diff =
        mirror
            .git("diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", empty, commit, "--")
            .and(patterns.stream().map(each -> ":(glob)" + each).toArray(String[]::new))
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

  /// The submodules: path → mode and commit. A commit without `.gitmodules` has none.
  SortedMap<String, String> links() {
    SortedMap<String, String> found = new TreeMap<>();
    boolean named = false;
    for (String entry : zeroTerminated(mirror.git("ls-tree", "-r", "-z", commit).check())) {
      // MODE TYPE OBJECT\tPATH
      int tab = entry.indexOf('\t');
      String path = entry.substring(tab + 1);
      named |= path.equals(MODULES);
      if (entry.startsWith(LINK + " ")) {
        found.put(path, LINK + " " + entry.substring(0, tab).split(" ", -1)[2]);
      }
    }
    return named ? found : new TreeMap<>();
  }

  /// Names are bytes, one character each.
  private static String[] zeroTerminated(Outcome outcome) {
    return new String(outcome.out(), StandardCharsets.ISO_8859_1).split("\0");
  }
}
