package dev.bakehouse.coordinator;

import dev.bakehouse.platform.UserError;
import java.util.Map;
import java.util.regex.Pattern;

/// Whether git, processes and agents can take what a build is asked for with. Whoever asks is not
/// trusted: jobs hand these words to git, for which one that begins with `-` is an option.
final class BuildCheck {
  /// What `git check-ref-format` refuses anywhere in a name.
  private static final Pattern NEVER =
      Pattern.compile("[\\x00-\\x20\\x7f~^:?*\\[\\\\]|\\.\\.|@\\{|//|/\\.|\\.lock(/|$)");

  private static final Pattern NO_NAME = Pattern.compile("[\\x00-\\x20=\\x7f]");

  private BuildCheck() {}

  /// @return the same
  /// @throws UserError naming the value that can not be
  static BuildRequest checked(BuildRequest build) {
    String commit = insist("commit", build.commit());
    if (!ref(commit)) {
      throw wrong("commit", commit, "Give a hash, HEAD, or the name of a branch or tag.");
    }
    String branch = insist("branch", build.branch());
    int colon = branch.indexOf(':');
    // A fork's branch can be told as OWNER:BRANCH.
    if (!ref(branch.substring(colon + 1)) || (colon >= 0 && !ref(branch.substring(0, colon)))) {
      throw wrong("branch", branch, "Give the name of a branch or tag.");
    }
    insistText("message", build.message());
    environment(build.env());
    return build;
  }

  /// @throws UserError for a key or value with a NUL
  static void texts(String what, Map<String, String> all) {
    all.forEach(
        (key, value) -> {
          insistText("a name in " + what, key);
          insistText(what + "[" + key + "]", value);
        });
  }

  private static void environment(Map<String, String> env) {
    env.forEach(
        (name, value) -> {
          if (name.isEmpty() || NO_NAME.matcher(name).find()) {
            throw new UserError(
                "`env` has a variable that can not be called " + shown(name),
                "Name it without `=`, spaces and control characters.");
          }
          insistText("env[" + name + "]", value);
        });
  }

  private static String insist(String field, String value) {
    if (value.isBlank()) {
      throw missing(field);
    }
    return value;
  }

  static UserError missing(String field) {
    return new UserError(
        "A build needs a `" + field + "`, and there is none",
        field.equals("commit") ? "Give a hash, a name, or HEAD." : "Name a branch or tag.");
  }

  private static void insistText(String what, String value) {
    if (value.indexOf('\0') >= 0) {
      throw new UserError(
          "`" + what + "` holds a NUL, which no variable of a process can", "Remove it.");
    }
  }

  private static boolean ref(String name) {
    return !name.isEmpty()
        && !name.equals("@")
        && "-./".indexOf(name.charAt(0)) < 0
        && "./".indexOf(name.charAt(name.length() - 1)) < 0
        && !NEVER.matcher(name).find();
  }

  private static UserError wrong(String field, String value, String remedy) {
    return new UserError("The `" + field + "` can not be " + shown(value), remedy);
  }

  private static String shown(String text) {
    String plain = text.replaceAll("\\p{Cntrl}", "?");
    return "`" + (plain.length() > 100 ? plain.substring(0, 100) + "…" : plain) + "`";
  }
}
