package dev.bakehouse.image;

import dev.bakehouse.image.Decision.Answer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Compares the wanted image with the one that is here and those the registry has.
final class Explanation {
  private final ImageStore store;

  Explanation(ImageStore store) {
    this.store = store;
  }

  List<Difference> of(Wanted wanted, Decision.Facts facts) {
    if (wanted.given()) {
      return List.of();
    }
    List<Difference> all = new ArrayList<>();
    facts
        .local()
        .or(() -> latest(wanted))
        .map(image -> Difference.of(image.name(), image.record().labels(), wanted))
        .ifPresent(all::add);
    Stream.concat(facts.answers().stream(), facts.elsewhere().stream())
        .forEach(
            answer -> {
              if (answer instanceof Answer.Found found) {
                all.add(Difference.of(found.reference().toString(), found.labels(), wanted));
              }
            });
    return all;
  }

  /// The newest image of the same kind, of whatever version.
  private Optional<LocalImage> latest(Wanted wanted) {
    String kind = wanted.names().kind(wanted.version());
    return store.list().stream()
        .filter(image -> image.name().startsWith(kind))
        .filter(image -> image.record().labels().containsKey(Identity.LABEL))
        .max(Comparator.comparing(image -> image.record().created()));
  }
}
