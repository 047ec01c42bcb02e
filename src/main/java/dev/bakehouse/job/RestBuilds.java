package dev.bakehouse.job;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.cache.PassedBuilds;
import dev.bakehouse.platform.BuiltRef;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/// The builds of a job's pipeline, asked of the coordinator's or Buildkite's REST API.
final class RestBuilds implements PassedBuilds {
  private final RestClient client;
  private final String pipeline;

  RestBuilds(RestClient client, String pipeline) {
    this.client = client;
    this.pipeline = pipeline;
  }

  @Override
  public List<Build> recent(String branch, int limit) {
    return client.builds(pipeline, new BuildQuery(branch, null, null, limit)).stream()
        .map(RestBuilds::build)
        .toList();
  }

  private static Build build(BuildInfo info) {
    List<PassedBuilds.Job> jobs =
        info.jobs().stream()
            .map(
                j ->
                    new PassedBuilds.Job(
                        Objects.requireNonNullElse(j.stepKey(), ""),
                        Objects.requireNonNullElse(j.state(), ""),
                        j.exitStatus() == null
                            ? OptionalInt.empty()
                            : OptionalInt.of(j.exitStatus()),
                        Boolean.TRUE.equals(j.retried())))
            .toList();
    return new Build(
        Objects.requireNonNullElse(info.id(), ""),
        info.number(),
        Objects.requireNonNullElse(info.state(), "unknown"),
        Objects.requireNonNullElse(info.branch(), ""),
        pull(info),
        Objects.requireNonNullElse(info.commit(), ""),
        jobs);
  }

  /// For a build that is not for certain of the branch it names too, as [BuiltRef] says: 0,
  /// nobody's.
  static OptionalInt pull(BuildInfo info) {
    if (!BuiltRef.certain(info.tag(), info.source())) {
      return OptionalInt.of(0);
    }
    BuildInfo.PullRequest pull = info.pullRequest();
    String id = pull == null || pull.id() == null ? "" : pull.id();
    if (id.isEmpty() || id.equals("false")) {
      return OptionalInt.empty();
    }
    // As for jobs: what is no number is some pull request.
    return OptionalInt.of(id.matches("[1-9][0-9]{0,8}") ? Integer.parseInt(id) : 0);
  }
}
