package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// Where an image is: a layout directory (`oci:DIR:TAG`) or a registry
/// (`host[:port]/repository:tag`), either with `@sha256:…` in place of a tag.
public sealed interface Reference {
  Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

  /// A tag, or a digest with its `sha256:` prefix.
  String selector();

  Reference with(String selector);

  record Layout(Path directory, String selector) implements Reference {
    public Layout {
      checkSelector(selector, "oci:" + directory);
    }

    @Override
    public Layout with(String other) {
      return new Layout(directory, other);
    }

    @Override
    public String toString() {
      return "oci:" + directory + separator(selector) + selector;
    }
  }

  /// @param host with port when it is not the default
  /// @param repository lower case, parts separated by `/`
  record Remote(String host, String repository, String selector) implements Reference {
    private static final Pattern HOST =
        Pattern.compile("(\\[[0-9a-fA-F:]+]|[A-Za-z0-9.-]+)(:\\d+)?");
    private static final Pattern REPOSITORY =
        Pattern.compile("[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*");

    public Remote {
      if (!HOST.matcher(host).matches()) {
        throw bad(host + "/" + repository, "`" + host + "` is not a host name");
      }
      if (!REPOSITORY.matcher(repository).matches()) {
        throw bad(
            host + "/" + repository,
            "`" + repository + "` is not a repository name (lower case letters, digits, . _ - /)");
      }
      checkSelector(selector, host + "/" + repository);
    }

    @Override
    public Remote with(String other) {
      return new Remote(host, repository, other);
    }

    @Override
    public String toString() {
      return host + "/" + repository + separator(selector) + selector;
    }
  }

  /// @throws UserError that names the part that is wrong
  static Reference parse(String text) {
    boolean layout = text.startsWith("oci:");
    String rest = layout ? text.substring("oci:".length()) : text;
    String selector = "latest";
    int at = rest.indexOf("@sha256:");
    if (at >= 0) {
      selector = rest.substring(at + 1);
      rest = rest.substring(0, at);
    }
    int colon = rest.lastIndexOf(':');
    if (colon > rest.lastIndexOf('/') && (layout || rest.indexOf('/') >= 0)) {
      selector = at >= 0 ? selector : rest.substring(colon + 1);
      rest = rest.substring(0, colon);
    }
    if (layout) {
      if (rest.isEmpty()) {
        throw bad(text, "the directory is missing");
      }
      try {
        return new Layout(Path.of(rest), selector);
      } catch (InvalidPathException e) {
        throw bad(text, "`" + rest + "` is not a directory's name");
      }
    }
    int slash = rest.indexOf('/');
    if (slash <= 0) {
      throw bad(text, "a registry's host is missing");
    }
    String host = rest.substring(0, slash);
    if (!host.contains(".") && !host.contains(":") && !host.equals("localhost")) {
      throw bad(text, "`" + host + "` is not a registry's host (no dot, no port)");
    }
    return new Remote(host, rest.substring(slash + 1), selector);
  }

  private static String separator(String selector) {
    return Digest.looksLike(selector) ? "@" : ":";
  }

  private static void checkSelector(String selector, String where) {
    if (Digest.looksLike(selector)) {
      Digest.parse(selector);
    } else if (!TAG.matcher(selector).matches()) {
      throw bad(where + ":" + selector, "`" + selector + "` is not a tag");
    }
  }

  private static UserError bad(String text, String why) {
    return new UserError(
        "The image reference `" + text + "` can not be used: " + why,
        "Write host[:port]/repository:tag, or oci:DIR:TAG for a layout; @sha256:HEX in place of :tag.");
  }
}
