package dev.bakehouse.oci;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A registry's answer with its body still to be read.
record Answer(int status, HttpHeaders headers, InputStream body, URI uri) {
  /// Registries take manifests of 4 MiB; a VM image's is some 100 KiB.
  static final int LARGEST_DOCUMENT = 8 << 20;

  private static final int LONGEST_TEXT = 200;

  /// The body of a manifest, list or error.
  ///
  /// @throws CorruptData when it is larger than any such document
  byte[] document() throws IOException {
    try (body) {
      byte[] bytes = body.readNBytes(LARGEST_DOCUMENT + 1);
      if (bytes.length > LARGEST_DOCUMENT) {
        throw new CorruptData(
            "The answer of " + uri.getHost() + " to " + uri.getPath(),
            "it has more than " + LARGEST_DOCUMENT + " bytes");
      }
      return bytes;
    }
  }

  Answer with(byte[] read) {
    return new Answer(status, headers, new ByteArrayInputStream(read), uri);
  }

  Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  boolean isRedirect() {
    return switch (status) {
      case 301, 302, 303, 307, 308 -> header("location").isPresent();
      default -> false;
    };
  }

  /// Whether the same request may succeed later.
  boolean isPassing() {
    return status == 408 || status == 429 || status >= 500;
  }

  /// Where the answer points to.
  URI location(String action) {
    return target(header("location").orElse(""), action);
  }

  /// An address in the answer, absolute. Talk that began over https is not continued without it.
  URI target(String text, String action) {
    try {
      URI to = uri.resolve(new URI(text));
      boolean https = "https".equals(uri.getScheme());
      if (https && "http".equals(to.getScheme()) && uri.getAuthority().equals(to.getAuthority())) {
        // A proxy that ends TLS, in front of a registry that does not know.
        to = new URI("https" + to.toString().substring("http".length()));
      }
      boolean plain = "http".equals(to.getScheme()) && !https;
      if (to.getHost() != null && (plain || "https".equals(to.getScheme()))) {
        return to;
      }
    } catch (URISyntaxException | IllegalArgumentException e) {
      // Told below.
    }
    throw new RegistryError(
        "Could not " + action + ": " + uri.getHost() + " points to `" + oneLine(text) + "`",
        "Look at the registry's settings: that is no address to go on at.");
  }

  /// The error an answer stands for that its endpoint did not expect.
  RegistryError unexpected(String action) throws IOException {
    return status == 404
        ? new RegistryError.Absent(action)
        : new RegistryError(
            "Could not "
                + action
                + ": "
                + uri.getHost()
                + " answered with status "
                + status
                + says(),
            "Try again later, or look at the registry's log.");
  }

  /// The error of an answer that [#isPassing].
  ///
  /// @param anonymous whether no credentials were shown
  RegistryError.Failing failing(String action, boolean anonymous) throws IOException {
    Optional<Duration> wait = retryAfter(Instant.now());
    String when = wait.map(w -> "; it asks to wait " + w.toSeconds() + " s").orElse("");
    String what =
        status == 429
            ? uri.getHost()
                + " limits how much "
                + (anonymous ? "it gives without a login" : "this login may have")
                + " (status 429"
                + says()
                + ")"
            : uri.getHost() + " answered with status " + status + says();
    String remedy =
        status != 429
            ? "Try again later, or look at the registry's log."
            : anonymous
                ? "Log in (`docker login`), use a mirror (`image.mirrors`), or wait."
                : "Wait, or use a mirror (`image.mirrors`).";
    return new RegistryError.Failing("Could not " + action + ": " + what + when, remedy, wait);
  }

  /// `Retry-After`, in seconds or as a date.
  Optional<Duration> retryAfter(Instant now) {
    String text = header("retry-after").orElse("").strip();
    if (text.matches("\\d{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
    }
    try {
      Instant then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(then.isBefore(now) ? Duration.ZERO : Duration.between(now, then));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /// What an error's body says, to be put behind a message.
  String says() throws IOException {
    byte[] bytes = document();
    try {
      JsonNode error = new JsonMapper().readTree(bytes).path("errors").path(0);
      String code = error.path("code").asString("");
      String message = error.path("message").asString("");
      String glue = code.isEmpty() || message.isEmpty() ? "" : " ";
      String text = oneLine(code + glue + message);
      return text.isEmpty() ? "" : ": " + text;
    } catch (JacksonException e) {
      String text = oneLine(new String(bytes, StandardCharsets.UTF_8));
      return text.isEmpty() ? "" : ": " + text;
    }
  }

  static String oneLine(String text) {
    String line = text.substring(0, Math.min(LONGEST_TEXT, text.length()));
    return line.replaceAll("\\p{Cntrl}+", " ").strip();
  }
}
