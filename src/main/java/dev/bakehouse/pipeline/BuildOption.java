package dev.bakehouse.pipeline;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// What a commit message may ask for in square brackets, and the input step of a build that was
/// started by hand.
public enum BuildOption {
  /// Nothing is built.
  SKIP_CI("skip ci|ci skip|no ci"),
  /// Only tests.
  SKIP_BUILDS("skip builds?|no builds?|only tests?"),
  /// Only builds.
  SKIP_TESTS("skip tests?|no tests?|only builds?"),
  /// Steps get `BAKEHOUSE_FORCE_BUILDS=true`.
  FORCE_BUILDS("force builds?"),
  /// Images are prepared anew.
  BUILD_IMAGES("build images?"),
  /// Image steps get `BAKEHOUSE_PUBLISH_IMAGES=true`.
  PUBLISH_IMAGES("publish images?"),
  /// The release step runs, whatever the branch.
  RELEASE("release|release builds?|build releases?"),
  /// The release step gets `DRY_RUN=true`.
  DRY_RUN("dry runs?");

  /// What the commits of strangers do not get.
  private static final Set<BuildOption> TRUSTED = EnumSet.of(BUILD_IMAGES, PUBLISH_IMAGES, RELEASE);

  private final String words;

  BuildOption(String words) {
    this.words = words;
  }

  static Set<BuildOption> ofMessage(String message) {
    Set<BuildOption> all = EnumSet.noneOf(BuildOption.class);
    for (BuildOption option : values()) {
      if (Pattern.compile("(?i)\\[(" + option.words + ")\\]").matcher(message).find()) {
        all.add(option);
      }
    }
    return all;
  }

  /// @param words as [#word] gives them; others are passed over
  static Set<BuildOption> ofWords(Collection<String> words) {
    Set<BuildOption> all = EnumSet.noneOf(BuildOption.class);
    for (BuildOption option : values()) {
      if (words.contains(option.word())) {
        all.add(option);
      }
    }
    return all;
  }

  static Set<BuildOption> withoutTrust(Set<BuildOption> options) {
    Set<BuildOption> all = EnumSet.noneOf(BuildOption.class);
    all.addAll(options);
    all.removeAll(TRUSTED);
    return all;
  }

  /// For example `skip-tests`.
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// For example `Skip tests`.
  String label() {
    return name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
