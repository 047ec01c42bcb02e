package dev.bakehouse.cache;

import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.platform.UserError;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// What a step's own build asked for while it ran: caches to save besides those of the rule, and
/// ones not to save. A request never does what the job's strategy forbids.
///
/// @param wanted kind → whether to save it
public record Requests(Map<String, Boolean> wanted) {
  public static final Requests NONE = new Requests(Map.of());

  public Requests {
    wanted = Map.copyOf(wanted);
  }

  /// The kinds to save.
  ///
  /// @param directories the configured kinds, name to path
  /// @param log gets a line for each request that changes something or can not be served
  public List<Kind> saves(
      Decision decision, Map<String, String> directories, Consumer<String> log) {
    Set<Kind> saves = new LinkedHashSet<>(decision.saves());
    wanted.forEach(
        (name, save) -> {
          try {
            Kind kind = Kind.named(name, directories);
            if (!save && saves.remove(kind)) {
              log.accept("Caches: " + name + " is not saved: the step's upload target said so");
            } else if (save && !decision.strategy().writes()) {
              log.accept(
                  "Caches: the step asked to save "
                      + name
                      + ", and the strategy is "
                      + decision.strategy());
            } else if (save && saves.add(kind)) {
              log.accept(
                  "Caches: "
                      + name
                      + " is saved: the step asked for it. Before the command of such a step it is"
                      + " brought in only when the step's env has it in CACHE_KINDS, or for ccache"
                      + " BUN_CPP_ONLY=ON");
            }
          } catch (UserError e) {
            log.accept("Caches: the step asked for `" + name + "`: " + e.remedy());
          }
        });
    return new ArrayList<>(saves);
  }
}
