package dev.bakehouse.config;

import dev.bakehouse.platform.HttpAddress;
import java.net.URI;
import java.util.Optional;

/// Addresses of web servers in a configuration.
public final class WebAddress {
  private WebAddress() {}

  /// The one that stands there, if any.
  public static Optional<String> in(Section section, String key) {
    return section.text(key).map(text -> of(section, key, text).toString());
  }

  static URI of(Section section, String key, String text) {
    Optional<String> problem = HttpAddress.problem(text);
    if (problem.isPresent()) {
      throw section.error(
          key,
          problem.get(),
          "Write `"
              + key
              + ": https://…`, the host's name in letters, digits, dots and dashes, a port from 1 to 65535 or none.");
    }
    return URI.create(text);
  }
}
