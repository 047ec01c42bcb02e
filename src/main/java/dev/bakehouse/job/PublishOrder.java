package dev.bakehouse.job;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Refused;
import dev.bakehouse.cache.Scope;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What must be known to publish a job's caches: a wire record, the `about` of a
/// [dev.bakehouse.volume.Publication].
///
/// @param bases by kind
record PublishOrder(
    String pipeline, Ref ref, String platform, String build, Map<String, Noted> bases) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /// @param branch its name, which may look like anything; empty for a pull request
  /// @param pull its number; 0 for a branch
  record Ref(String branch, int pull) {
    static Ref of(Scope.Ref ref) {
      return switch (ref) {
        case Scope.Branch branch -> new Ref(branch.name(), 0);
        case Scope.Pull pull -> new Ref("", pull.number());
      };
    }

    Scope.Ref ref() {
      return pull > 0 ? new Scope.Pull(pull) : new Scope.Branch(branch);
    }
  }

  /// A basis, all of whose scopes are of one pipeline and platform.
  ///
  /// @param added null in those of earlier programs
  record Noted(
      List<String> snapshot,
      @Nullable List<String> added,
      long sealed,
      List<Ref> refs,
      boolean mayShrink) {
    static Noted of(Basis basis) {
      return new Noted(
          basis.snapshot().stream().toList(),
          basis.added().stream().toList(),
          basis.sealed(),
          basis.scopes().stream().map(s -> Ref.of(s.ref())).toList(),
          basis.mayShrink());
    }
  }

  static PublishOrder of(Scope scope, String build, Map<Kind, Basis> bases) {
    return new PublishOrder(
        scope.pipeline(),
        Ref.of(scope.ref()),
        scope.platform(),
        build,
        bases.entrySet().stream()
            .collect(Collectors.toMap(e -> e.getKey().name(), e -> Noted.of(e.getValue()))));
  }

  /// @throws Refused when it is none
  static PublishOrder read(JsonNode about) {
    try {
      @Nullable PublishOrder order = JSON.treeToValue(about, PublishOrder.class);
      if (order != null && order.pipeline != null && order.ref != null && order.bases != null) {
        return order;
      }
    } catch (JacksonException e) {
      throw new Refused("what it is of can not be read: " + e.getOriginalMessage());
    }
    throw new Refused("what it is of is not known");
  }

  JsonNode json() {
    return JSON.valueToTree(this);
  }

  Scope scope() {
    return scope(ref);
  }

  private Scope scope(Ref of) {
    return new Scope(pipeline, of.ref(), platform);
  }

  Basis basis(Kind kind) {
    Noted noted = bases.get(kind.name());
    return noted == null
        ? Basis.of(scope())
        : new Basis(
            noted.snapshot().stream().findFirst(),
            Stream.ofNullable(noted.added()).flatMap(List::stream).findFirst(),
            noted.sealed(),
            noted.refs().stream().map(this::scope).toList(),
            noted.mayShrink());
  }
}
