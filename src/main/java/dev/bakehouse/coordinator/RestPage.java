package dev.bakehouse.coordinator;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// One page of a list: `page` from 1, `per_page` up to 100, and its neighbours in `Link`.
record RestPage(Request request, int page, int size) {
  private static final int DEFAULT = 30;
  private static final int MOST = 100;

  /// Deeper ones are refused, as their offset is walked through.
  private static final int DEEPEST = 100_000;

  static RestPage of(Request request) {
    int size = Math.clamp(number(request, "per_page", DEFAULT), 1, MOST);
    int page = Math.max(1, number(request, "page", 1));
    if (page > DEEPEST) {
      throw new HttpError(400, "Listing this deep is not supported. Please narrow your query");
    }
    return new RestPage(request, page, size);
  }

  /// What follows `LIMIT`: one more than fits, to know whether there is a next page.
  List<Integer> window() {
    return List.of(size + 1, (page - 1) * size);
  }

  /// @param found what [#window] gave
  Reply reply(List<?> found) {
    List<String> links = new ArrayList<>();
    if (page > 1) {
      links.add(link(1, "first"));
      links.add(link(page - 1, "prev"));
    }
    if (found.size() > size) {
      links.add(link(page + 1, "next"));
    }
    byte[] body = Json.bytes(found.stream().limit(size).toList());
    Map<String, String> headers =
        links.isEmpty() ? Map.of() : Map.of("Link", String.join(", ", links));
    return new Reply.Body(200, "application/json", body, headers);
  }

  private String link(int to, String name) {
    StringBuilder url =
        new StringBuilder(request.base() + request.exchange().getRequestURI().getRawPath() + "?");
    Stream.concat(
            request.pairs().stream().filter(p -> !p.getKey().equals("page")),
            Stream.of(Map.entry("page", String.valueOf(to))))
        .forEach(
            p ->
                url.append(escape(p.getKey()))
                    .append('=')
                    .append(escape(p.getValue()))
                    .append('&'));
    url.setLength(url.length() - 1);
    return "<" + url + ">; rel=\"" + name + "\"";
  }

  private static String escape(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static int number(Request request, String name, int fallback) {
    try {
      return request.asked(name).map(Integer::parseInt).orElse(fallback);
    } catch (NumberFormatException e) {
      throw new HttpError(400, "`" + name + "` must be a number");
    }
  }
}
