package dev.bakehouse.job;

import dev.bakehouse.platform.UserError;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;

/// The repositories one commit needs: its own and, recursively, its submodules', each fetched into
/// its mirror. The addresses found here are all a job's guest may reach.
final class Submodules {
  private static final int MOST = 200;

  private final Path mirrors;
  private final Consumer<String> say;
  private final SequencedMap<String, GitMirror> found = new LinkedHashMap<>();

  private Submodules(Path mirrors, Consumer<String> say) {
    this.mirrors = mirrors;
    this.say = say;
  }

  /// Address as git will ask for it → mirror.
  ///
  /// @param say is told of a submodule that can not be had. That is the checkout's own failure, as
  ///   without a VM: the guest's git gets no answer for it, unless the job wants no submodules
  static SequencedMap<String, GitMirror> of(
      Path mirrors, GitMirror top, String commit, Consumer<String> say) {
    Submodules all = new Submodules(mirrors, say);
    all.found.put(top.url(), top);
    all.visit(top, commit);
    return all.found;
  }

  private void visit(GitMirror mirror, String commit) {
    CommitFiles files = mirror.files(commit);
    if (files.file(CommitFiles.MODULES).isEmpty() || found.size() > MOST) {
      return;
    }
    Map<String, String> paths = entries(mirror, commit, "path");
    Map<String, String> urls = entries(mirror, commit, "url");
    urls.forEach(
        (name, url) -> {
          Optional<String> linked =
              Optional.ofNullable(paths.get(name)).flatMap(files::resolveLink);
          String absolute = absolute(mirror.url(), url);
          if (linked.isEmpty() || found.containsKey(absolute)) {
            return;
          }
          if (local(absolute) && !local(mirror.url())) {
            throw new GitMirror.Fault(
                "The submodule " + name + " lies on this host, at " + absolute,
                "Only a repository of this host may name others of it.");
          }
          GitMirror inner = GitMirror.of(mirrors, absolute);
          found.put(absolute, inner);
          if (fetched(inner, linked.get(), name)) {
            visit(inner, linked.get());
          }
        });
  }

  private boolean fetched(GitMirror inner, String commit, String name) {
    try {
      inner.ensure(commit, "submodule " + name);
      return true;
    } catch (UserError e) {
      say.accept("the submodule " + name + " can not be had: " + e.getMessage());
      return false;
    }
  }

  /// Whether git looks for an address among this host's own files, as this host's user.
  static boolean local(String url) {
    int colon = url.indexOf(':');
    int slash = url.indexOf('/');
    boolean path = colon < 0 || (slash >= 0 && slash < colon);
    return path || url.regionMatches(true, 0, "file:", 0, "file:".length());
  }

  /// Submodule name → value of one key, read by git itself from the commit's `.gitmodules`.
  private static Map<String, String> entries(GitMirror mirror, String commit, String key) {
    Map<String, String> values = new LinkedHashMap<>();
    var outcome =
        mirror
            .git(
                "config",
                "--blob",
                commit + ":" + CommitFiles.MODULES,
                "-z",
                "--get-regexp",
                "^submodule\\..*\\." + key + "$")
            .run();
    for (String entry : new String(outcome.out(), StandardCharsets.UTF_8).split("\0")) {
      int line = entry.indexOf('\n');
      if (line > 0) {
        String name = entry.substring("submodule.".length(), line - key.length() - 1);
        values.put(name, entry.substring(line + 1));
      }
    }
    return values;
  }

  /// `./x` and `../x` are relative to the repository that names them (gitmodules(5)).
  static String absolute(String base, String url) {
    if (!url.startsWith("./") && !url.startsWith("../")) {
      return url;
    }
    String root = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    String rest = url;
    while (true) {
      if (rest.startsWith("./")) {
        rest = rest.substring(2);
      } else if (rest.startsWith("../")) {
        rest = rest.substring(3);
        int slash = root.lastIndexOf('/');
        int colon = root.lastIndexOf(':');
        int cut = Math.max(slash, colon);
        root = cut < 0 ? "" : root.substring(0, slash >= colon ? slash : colon + 1);
      } else {
        return root.endsWith(":") ? root + rest : root + "/" + rest;
      }
    }
  }
}
