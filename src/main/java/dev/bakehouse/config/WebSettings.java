package dev.bakehouse.config;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `host.web`: where a host's daemon shows how it stands. See docs/hosts.md.
///
/// @param text as it stands in the file, for messages
/// @param listen one address of this machine, never all of them
/// @param names `host.web-names`: what browsers may call the host, beside its address and name
public record WebSettings(String text, InetSocketAddress listen, List<String> names) {
  private static final Pattern FORM =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([0-9.]+|localhost)):([0-9]{1,5})");
  private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,252})");
  private static final int PORTS = 65_535;

  public WebSettings {
    names = List.copyOf(names);
  }

  /// @param host the section `host`, which stays open
  /// @return empty when nothing is to be shown
  /// @throws ConfigError with file, line and what is allowed there
  static Optional<WebSettings> read(Section host) {
    List<String> names = host.texts("web-names", List.of());
    for (String name : names) {
      if (!NAME.matcher(name).matches()) {
        throw host.error(
            "web-names",
            "has `" + name + "`, which is no name of a host",
            "Write names as `mac-1.example.org`, without a scheme and a port.");
      }
    }
    Optional<String> text = host.text("web");
    if (text.isEmpty() && !names.isEmpty()) {
      throw host.error(
          "web-names",
          "names a page that is not there",
          "Say where it is to be with `host.web: 127.0.0.1:9410`, or remove the names.");
    }
    return text.map(address -> new WebSettings(address, address(host, address), names));
  }

  private static InetSocketAddress address(Section host, String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw wrong(host, text, "is no address and port");
    }
    int port = Integer.parseInt(form.group(3));
    if (port < 1 || port > PORTS) {
      throw wrong(host, text, "has the port " + port + ", which no server has");
    }
    try {
      InetAddress address = address(form.group(1), form.group(2));
      if (address.isAnyLocalAddress() || address.isMulticastAddress()) {
        throw wrong(host, text, "stands for no single address of this machine");
      }
      return new InetSocketAddress(address, port);
    } catch (IllegalArgumentException e) {
      throw wrong(host, text, "is no address and port");
    }
  }

  /// Never asks a name server.
  private static InetAddress address(String six, String other) {
    if (six != null) {
      return Inet6Address.ofLiteral(six);
    }
    if (other.equals("localhost")) {
      return InetAddress.getLoopbackAddress();
    }
    if (!IPV4.matcher(other).matches()) {
      throw new IllegalArgumentException(other);
    }
    return Inet4Address.ofLiteral(other);
  }

  private static ConfigError wrong(Section host, String text, String what) {
    return host.error(
        "web",
        what + ": `" + text + "`",
        "Write `web: 127.0.0.1:9410`, or another address of this machine with a port from 1 to 65535; IPv6 as `'[::1]:9410'`.");
  }
}
