package dev.bakehouse.coordinator;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/// `/` and what belongs to it: the web page, which shows what `/v2` tells. Nothing of it is secret,
/// and nothing of a build is in it: its script asks for that.
final class WebFiles {
  /// Text of jobs is only ever put into the page as text; should that fail once, no script of it
  /// runs and nothing leaves. Annotations stand in frames without scripts, which these rules hold
  /// for, too.
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
          + " img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none';"
          + " form-action 'none'; frame-ancestors 'none'";

  private static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy", POLICY,
          "Referrer-Policy", "no-referrer",
          "Cross-Origin-Opener-Policy", "same-origin",
          "X-DNS-Prefetch-Control", "off",
          "Cache-Control", "no-cache");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml");

  void routes(Router router) {
    add(router, "/", "index.html");
    for (String name :
        new String[] {
          "app.js",
          "api.js",
          "dom.js",
          "builds.js",
          "build.js",
          "graph.js",
          "job.js",
          "log.js",
          "agents.js",
          "style.css",
          "icon.svg"
        }) {
      add(router, "/web/" + name, name);
    }
  }

  private static void add(Router router, String path, String name) {
    byte[] bytes = read(name);
    String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "");
    Reply reply = new Reply.Body(200, type, bytes, HEADERS);
    router.add("GET", path, _ -> reply);
    router.add("HEAD", path, _ -> reply);
  }

  private static byte[] read(String name) {
    try (InputStream in = WebFiles.class.getResourceAsStream("web/" + name)) {
      if (in == null) {
        throw new IllegalStateException("The program lacks its part web/" + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
