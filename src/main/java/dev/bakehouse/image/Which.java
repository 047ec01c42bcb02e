package dev.bakehouse.image;

import dev.bakehouse.oci.Repositories;
import java.util.LinkedHashMap;
import java.util.Map;

/// What `image which` tells: version, names, identity, and what `ensure` would do.
public final class Which {
  private Which() {}

  public static Map<String, Object> of(
      Wanted wanted,
      Branch branch,
      ImageStore store,
      Repositories repositories,
      Log log,
      boolean forceRefresh) {
    Ensure ensure = new Ensure(store, repositories, log);
    Decision.Facts facts = ensure.facts(wanted, branch, forceRefresh);
    Decision decision = ensure.decide(facts);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("version", wanted.version().text());
    all.put("source", wanted.version().source());
    all.put("local", wanted.names().local());
    all.put("remote", wanted.names().remote().toString());
    all.put("latest", wanted.names().latest().toString());
    all.put("release", wanted.config().release());
    all.put("arch", wanted.config().arch());
    all.put("base", wanted.config().baseName());
    all.put("identity", wanted.identity().hex());
    all.put("decision", word(decision));
    all.put("why", decision.why());
    all.put("differences", new Explanation(store).of(wanted, facts));
    return all;
  }

  private static String word(Decision decision) {
    return switch (decision) {
      case Decision.Keep _ -> "local";
      case Decision.Pull _ -> "pull";
      case Decision.Retag _ -> "tag";
      case Decision.Build _ -> "build";
    };
  }
}
