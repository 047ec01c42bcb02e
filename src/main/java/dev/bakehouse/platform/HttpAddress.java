package dev.bakehouse.platform;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/// Addresses of web servers, as people write them.
public final class HttpAddress {
  private static final int PORTS = 65_535;

  private HttpAddress() {}

  /// What is wrong with an address, as a sentence goes on after its name; empty when it is the
  /// `http` or `https` URL of a host. A password in it is not shown.
  ///
  /// Java knows no host in an address with, say, an underscore in its name.
  public static Optional<String> problem(String text) {
    String shown = ": `" + text.replaceFirst("(?s)//.*@", "//…@") + "`";
    try {
      URI uri = new URI(text);
      if (uri.getRawUserInfo() != null) {
        return Optional.of("names a user before `@`, who would not be sent" + shown);
      }
      // Of an address without a port, or with nothing after the colon, it is -1.
      if (uri.getPort() == 0 || uri.getPort() > PORTS) {
        return Optional.of("has the port " + uri.getPort() + ", which no server has" + shown);
      }
      if (text.matches("https?://.+") && uri.getHost() != null) {
        return Optional.empty();
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    return Optional.of("is no address of a web server" + shown);
  }

  /// @param what it is: an option's name
  /// @throws UserError when something is wrong with it
  public static URI parse(String text, String what) {
    Optional<String> problem = problem(text);
    if (problem.isPresent()) {
      throw new UserError(
          what + " " + problem.get(),
          "Write http://HOST:PORT/… or https://HOST/…, the host's name in letters, digits, dots and dashes.");
    }
    return URI.create(text);
  }
}
