package dev.bakehouse.cache;

import dev.bakehouse.platform.UserError;
import java.util.regex.Pattern;

/// Whose caches: nobody reads or writes another scope's by naming a build.
///
/// @param pipeline `slug`, or `organization.slug`
/// @param platform os-arch-type
public record Scope(String pipeline, Ref ref, String platform) {
  private static final Pattern PULL = Pattern.compile("pull:([1-9][0-9]{0,8})");
  private static final String BRANCH = "branch:";

  /// A branch or a pull request; the two never share a name.
  public sealed interface Ref {
    /// Its name as users write it.
    String text();
  }

  /// Builds of a branch that are no pull request's.
  public record Branch(String name) implements Ref {
    @Override
    public String text() {
      boolean plain = !PULL.matcher(name).matches() && !name.startsWith(BRANCH);
      return plain ? name : BRANCH + name;
    }
  }

  /// Builds of a pull request.
  public record Pull(int number) implements Ref {
    @Override
    public String text() {
      return "pull:" + number;
    }
  }

  /// Reads `PIPELINE/BRANCH` or `PIPELINE/pull:NUMBER`. What a build calls its branch need be none
  /// of git's, which have no `:`; `PIPELINE/branch:pull:7` is the branch `pull:7`.
  ///
  /// @throws UserError when it is neither
  public static Scope parse(String text, String platform) {
    int slash = text.indexOf('/');
    if (slash <= 0 || slash == text.length() - 1) {
      throw new UserError(
          "The scope `" + text + "` is not understood",
          "Write PIPELINE/BRANCH or PIPELINE/pull:NUMBER.");
    }
    return new Scope(text.substring(0, slash), ref(text.substring(slash + 1)), platform);
  }

  static Ref ref(String text) {
    var pull = PULL.matcher(text);
    return pull.matches()
        ? new Pull(Integer.parseInt(pull.group(1)))
        : new Branch(text.startsWith(BRANCH) ? text.substring(BRANCH.length()) : text);
  }

  /// Four segments of a store's key, different for different scopes.
  public String key() {
    return place() + "/" + SafeName.of(platform);
  }

  /// The key without the platform.
  String place() {
    String place =
        switch (ref) {
          case Branch branch -> "branch/" + SafeName.of(branch.name());
          case Pull pull -> "pull/" + pull.number();
        };
    return SafeName.of(pipeline) + "/" + place;
  }

  @Override
  public String toString() {
    return pipeline + "/" + ref.text() + " (" + platform + ")";
  }
}
