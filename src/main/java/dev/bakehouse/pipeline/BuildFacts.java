package dev.bakehouse.pipeline;

import dev.bakehouse.platform.GitAddress;
import dev.bakehouse.platform.UserError;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What is known of the build that a pipeline is generated for.
///
/// @param options asked for in the commit message or by hand; a fork's have none that need trust
/// @param ask started by hand: nobody has been asked for options yet
/// @param asked people were asked; their answers are in the build's meta-data
/// @param fork it builds commits of another repository than its own
/// @param mergeQueue it builds what a merge queue wants to merge
/// @param main it builds the default branch
/// @param queue of the agent that generates
/// @param host the `host` tag of that agent
public record BuildFacts(
    Set<BuildOption> options,
    boolean ask,
    boolean asked,
    boolean fork,
    boolean mergeQueue,
    boolean main,
    Optional<String> queue,
    Optional<String> host) {
  /// Tells the step behind the input step that people have been asked.
  public static final String ASKED = "BAKEHOUSE_OPTIONS";

  /// Where the input step's answers lie in the build's meta-data, one word a line.
  public static final String OPTIONS_KEY = "bakehouse-options";

  public static final String TARGETS_KEY = "bakehouse-targets";

  private static final String TAG = "BUILDKITE_AGENT_META_DATA_";

  /// A build nothing is known of.
  public static final BuildFacts NONE = of(Map.of());

  public BuildFacts {
    options = Set.copyOf(options);
  }

  /// @param env of the job that generates
  public static BuildFacts of(Map<String, String> env) {
    String branch = env.getOrDefault("BUILDKITE_BRANCH", "");
    String from = env.getOrDefault("BUILDKITE_PULL_REQUEST_REPO", "");
    // Buildkite can put a fork's owner and `:` before the branch, which no branch's name holds.
    boolean fork =
        branch.contains(":")
            || (!from.isEmpty()
                && !GitAddress.place(from).equals(GitAddress.place(text(env, "BUILDKITE_REPO"))));
    boolean queued =
        branch.startsWith("gh-readonly-queue/")
            || !text(env, "BUILDKITE_MERGE_QUEUE_BASE_BRANCH").isEmpty();
    boolean pull = !Set.of("", "false").contains(text(env, "BUILDKITE_PULL_REQUEST"));
    boolean main =
        !pull && !branch.isEmpty() && branch.equals(text(env, "BUILDKITE_PIPELINE_DEFAULT_BRANCH"));
    boolean asked = text(env, ASKED).equals("asked");
    boolean ask =
        text(env, "BUILDKITE_SOURCE").equals("ui")
            && text(env, "BUILDKITE_REBUILT_FROM_BUILD_ID").isEmpty()
            && !asked;
    Set<BuildOption> options = BuildOption.ofMessage(text(env, "BUILDKITE_MESSAGE"));
    return new BuildFacts(
        fork ? BuildOption.withoutTrust(options) : options,
        ask,
        asked,
        fork,
        queued,
        main,
        Optional.ofNullable(env.get(TAG + "QUEUE")),
        Optional.ofNullable(env.get(TAG + "HOST")));
  }

  /// With what people chose instead of the commit message's options.
  ///
  /// @param words for example `skip-tests`
  public BuildFacts with(Collection<String> words) {
    Set<BuildOption> chosen = BuildOption.ofWords(words);
    return new BuildFacts(
        fork ? BuildOption.withoutTrust(chosen) : chosen,
        false,
        true,
        fork,
        mergeQueue,
        main,
        queue,
        host);
  }

  /// @throws UserError when the agent does not tell its host
  public String needHost() {
    return host.orElseThrow(
        () ->
            new UserError(
                "Could not bind the steps to this host: its agent has no tag `host`",
                "Give the agent the tag `host=NAME`, or use `pipeline.affinity: image`."));
  }

  boolean has(BuildOption option) {
    return options.contains(option);
  }

  /// Buildkite starts higher ones first; nothing is its 0.
  Optional<Integer> priority() {
    return fork
        ? Optional.of(-1)
        : main ? Optional.of(2) : mergeQueue ? Optional.of(1) : Optional.empty();
  }

  private static String text(Map<String, String> env, String name) {
    return env.getOrDefault(name, "");
  }
}
