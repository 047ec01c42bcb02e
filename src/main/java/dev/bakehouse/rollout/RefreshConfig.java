package dev.bakehouse.rollout;

import dev.bakehouse.config.Section;
import java.util.Optional;

/// The part `refresh:` of the `image:` section: the host whose daemon keeps the image up to date.
///
/// @param every when it looks whether base or inputs have changed: `30m`, `6h`, `2d` or `daily
///   03:30`; empty: never
/// @param repository git address whose default branch says what the image is made from
public record RefreshConfig(Optional<Schedule> every, String repository) {
  public static RefreshConfig read(Section section, RolloutConfig rollout) {
    Optional<String> text = section.text("every");
    Optional<Schedule> every = text.flatMap(Schedule::parse);
    if (text.isPresent() && every.isEmpty()) {
      throw section.error(
          "every",
          "is `" + text.get() + "`, which is no time to do it again",
          "Write `30m`, `6h`, `2d`, or `daily 03:30` (the machine's time zone).");
    }
    String repository = section.text("repository", "");
    if (every.isPresent() && repository.isEmpty()) {
      throw section.error(
          "every",
          "needs `repository`: what the image is made from",
          "Write the git address, for example https://github.com/ORG/REPO.git.");
    }
    if (every.isPresent() && !rollout.followed()) {
      throw section.error(
          "every",
          "needs a rollout: `image.rollout` has no `public-key`",
          "Make a pair of keys with `bakehouse image rollout keygen`.");
    }
    section.close();
    return new RefreshConfig(every, repository);
  }
}
