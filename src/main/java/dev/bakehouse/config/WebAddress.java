package dev.bakehouse.config;

import java.net.URI;
import java.net.URISyntaxException;

/// Addresses of web servers in a configuration.
final class WebAddress {
  private WebAddress() {}

  /// Java knows no host in an address with, say, an underscore in its name.
  static URI of(Section section, String key, String text) {
    try {
      URI address = new URI(text);
      if (text.matches("https?://.+") && address.getHost() != null) {
        return address;
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw section.error(
        key,
        "is no address of a web server: `" + text + "`",
        "Write `" + key + ": https://…`, the host's name in letters, digits, dots and dashes.");
  }
}
