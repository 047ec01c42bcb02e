package dev.bakehouse.oci;

import dev.bakehouse.platform.UserError;

/// A registry that may have copies of what another has.
///
/// @param prefix before the repositories' names, with its `/`; empty for none
/// @param plainHttp whether it is spoken to without TLS
public record Mirror(String host, String prefix, boolean plainHttp) {
  private static final String PLAIN = "http://";
  private static final String TLS = "https://";

  /// @param text `[http://|https://]host[:port][/prefix]`; without a scheme it is https
  /// @throws UserError when it is not that
  public static Mirror parse(String text) {
    boolean plain = text.startsWith(PLAIN);
    String rest =
        plain
            ? text.substring(PLAIN.length())
            : text.startsWith(TLS) ? text.substring(TLS.length()) : text;
    rest = rest.endsWith("/") ? rest.substring(0, rest.length() - 1) : rest;
    int slash = rest.indexOf('/');
    Mirror mirror =
        slash < 0
            ? new Mirror(rest, "", plain)
            : new Mirror(rest.substring(0, slash), rest.substring(slash + 1) + "/", plain);
    Reference.Remote _ = mirror.of(new Reference.Remote("registry.example", "a", "latest"));
    return mirror;
  }

  /// Where it would keep what a registry has.
  Reference.Remote of(Reference.Remote origin) {
    return new Reference.Remote(host, prefix + origin.repository(), origin.selector());
  }

  @Override
  public String toString() {
    return host + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1));
  }
}
