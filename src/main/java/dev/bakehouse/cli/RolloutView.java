package dev.bakehouse.cli;

import dev.bakehouse.rollout.Document;
import dev.bakehouse.rollout.HostState;
import dev.bakehouse.rollout.StateFile;
import dev.bakehouse.rollout.Target;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import tools.jackson.databind.json.JsonMapper;

/// A rollout as people and programs see it: the document, and this host's part in it.
final class RolloutView {
  private RolloutView() {}

  static void print(ImageOptions options, Document document) {
    String host = options.hostName();
    Document.Share share = document.share(host);
    HostState state = new StateFile(options.stateDirectory()).load();
    Map<String, Object> part = new LinkedHashMap<>();
    part.put("name", host);
    part.put("in", share.in());
    part.put("why", share.why());
    part.put("wants", share.target());
    part.put("state", state);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("document", document);
    all.put("host", part);
    options.print(all, text(document, host, share, state));
  }

  static void json(Object value) {
    System.out.println(new JsonMapper().writeValueAsString(value));
  }

  private static String text(
      Document document, String host, Document.Share share, HostState state) {
    StringJoiner lines = new StringJoiner("\n");
    lines.add("repository " + document.repository() + ", serial " + document.serial());
    lines.add("current    " + shown(document.current()) + " at " + document.percent() + " %");
    lines.add("previous   " + shown(document.previous()));
    if (!document.canaries().isEmpty()) {
      lines.add("canaries   " + String.join(", ", document.canaries()));
    }
    document.prefetch().forEach((name, _) -> lines.add("distribute " + name));
    lines.add("changed    " + document.time() + " by " + document.by() + ": " + document.reason());
    String wants = share.target().map(Target::toString).orElse("its configured image");
    lines.add("this host  " + host + " is to run " + wants + ", because " + share.why());
    lines.add(
        "in force   "
            + state
                .inForce()
                .map(now -> now.target() + " since " + now.since())
                .orElse("configured image"));
    if (!state.trouble().isEmpty()) {
      lines.add("trouble    " + state.trouble());
    }
    state.distributed().forEach((name, how) -> lines.add("           " + name + ": " + how));
    return lines.toString();
  }

  private static String shown(Optional<Target> target) {
    return target.map(Target::toString).orElse("none");
  }
}
