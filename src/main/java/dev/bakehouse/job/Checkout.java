package dev.bakehouse.job;

import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.Consumer;

/// A job's sources, ready on the host: mirrors fetched and served to the guest.
final class Checkout implements AutoCloseable {
  /// Bytes of objects up to which one round trip for everything beats two for less.
  private static final long SMALL = 20_000_000;

  private final GitMirror mirror;
  private final String commit;
  private final GitServer server;
  private final String filter;

  private Checkout(GitMirror mirror, String commit, GitServer server, String filter) {
    this.mirror = mirror;
    this.commit = commit;
    this.server = server;
    this.filter = filter;
  }

  static Checkout prepare(Job job, HostSettings settings, Consumer<String> say) throws IOException {
    GitMirror mirror = mirror(job, settings);
    String commit = commit(job, mirror);
    GitServer server =
        GitServer.start(Submodules.of(settings.state().resolve("mirrors"), mirror, commit, say));
    return new Checkout(mirror, commit, server, settings.gitFilter());
  }

  /// The mirror of the job's repository, with the job's commit in it.
  static GitMirror mirror(Job job, HostSettings settings) {
    String url = job.text("BUILDKITE_REPO");
    if (Submodules.local(url) && !Loopback.has(job.text("BUILDKITE_AGENT_ENDPOINT"))) {
      throw new UserError(
          "The repository " + url + " would be looked for among this host's own files",
          "Give the pipeline the address of a server; paths are for a coordinator on this machine.");
    }
    GitMirror mirror = GitMirror.of(settings.state().resolve("mirrors"), url);
    mirror.ensure(job.text("BUILDKITE_COMMIT"), job.text("BUILDKITE_BRANCH"));
    return mirror;
  }

  /// The hash of the job's commit; `HEAD` stands for its branch's newest. Whoever triggers a build
  /// writes any text for a commit, and git would take some for options.
  static String commit(Job job, GitMirror mirror) {
    String commit = job.text("BUILDKITE_COMMIT");
    Optional<String> branch =
        commit.equals("HEAD")
            ? mirror.resolve("refs/heads/" + job.text("BUILDKITE_BRANCH"))
            : Optional.empty();
    return branch
        .or(() -> mirror.resolve(commit))
        .orElseThrow(() -> mirror.without(commit, job.text("BUILDKITE_BRANCH")));
  }

  /// Ports the guest must reach.
  List<Integer> ports() {
    return List.of(server.port());
  }

  /// The files of the job's commit.
  CommitFiles files() {
    return mirror.files(commit);
  }

  OptionalInt distance(String ancestor) {
    return mirror.distance(ancestor, commit);
  }

  /// Points the guest's git here. Unless the agent's own configuration says how to clone, a clone
  /// leaves the files to the checkout of the job's commit, and a large repository's brings the
  /// history without other commits' files.
  void configure(SequencedMap<String, String> env) {
    Map<String, String> configuration = server.guestConfiguration(env);
    configuration.forEach((name, value) -> env.put(name, RawEnvironment.raw(value)));
    env.put("BUILDKITE_REPO", RawEnvironment.raw(mirror.url()));
    if (env.getOrDefault("BUILDKITE_GIT_CLONE_FLAGS", "-v").equals("-v")) {
      boolean partial = !filter.equals("none") && mirror.size() > SMALL;
      String flags = "-v --no-checkout" + (partial ? " --filter=" + filter : "");
      env.put("BUILDKITE_GIT_CLONE_FLAGS", flags);
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      // Nothing more is asked of it.
    }
  }
}
