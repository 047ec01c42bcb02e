package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which host, by its agents' tag `host`, ran a step last: it may have the step's caches on a
/// volume. This is remembered in memory only; all it decides is who is asked first.
final class Homes {
  private static final int KEPT = 20_000;
  private static final int AGENTS = 64;

  /// Characters of a step's key.
  private static final int LONGEST = 200;

  private final Map<List<String>, String> hosts = Collections.synchronizedMap(new Latest<>(KEPT));
  private final Map<String, Map<String, Boolean>> agents =
      Collections.synchronizedMap(new Latest<>(KEPT));

  private static final class Latest<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1;

    private final int most;

    Latest(int most) {
      this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
      return size() > most;
    }
  }

  /// An agent is there.
  void seen(Agent agent) {
    agent
        .host()
        .ifPresent(
            host ->
                agents
                    .computeIfAbsent(host, _ -> Collections.synchronizedMap(new Latest<>(AGENTS)))
                    .putIfAbsent(agent.id(), true));
  }

  /// An agent takes a job.
  void runs(Transaction tx, Job job, Agent agent) throws SQLException {
    if (agent.host().isPresent()) {
      for (List<String> name : names(tx, job)) {
        hosts.remove(name);
        hosts.put(name, agent.host().get());
      }
    }
  }

  /// The host that ran the step of a job last, for its own branch or else for any.
  Optional<String> of(Transaction tx, Job job) throws SQLException {
    return hosts.isEmpty()
        ? Optional.empty()
        : names(tx, job).stream().map(hosts::get).filter(host -> host != null).findFirst();
  }

  private static List<List<String>> names(Transaction tx, Job job) throws SQLException {
    String key = StepRow.get(tx, job.step()).key();
    if (key == null || key.length() > LONGEST) {
      return List.of();
    }
    Build build = Build.get(tx, job.build());
    PullRequest pull = PullRequest.of(build.env());
    if (pull != null) {
      // It neither moves the others' homes nor has a part in them.
      return List.of(List.of(build.pipeline(), key, "pull/" + pull.id()));
    }
    return List.of(List.of(build.pipeline(), key, build.branch()), List.of(build.pipeline(), key));
  }

  /// Ids of the agents that a host has or had.
  Collection<String> agents(String host) {
    Map<String, Boolean> all = agents.getOrDefault(host, Map.of());
    synchronized (all) {
      return new ArrayList<>(all.keySet());
    }
  }
}
