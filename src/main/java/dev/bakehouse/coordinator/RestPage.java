package dev.bakehouse.coordinator;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
    byte[] body = Json.bytes(found.stream().limit(size).toList());
    return new Reply.Body(200, "application/json", body, headers(found));
  }

  /// @param found what [#window] gave
  /// @param shown made when it is written: a hundred builds with thousands of jobs each are more
  ///   than memory holds
  <T> Reply reply(List<T> found, Function<T, Object> shown) {
    return new Reply.Stream(
        0,
        "application/json",
        out -> {
          out.write('[');
          for (int i = 0; i < Math.min(size, found.size()); i++) {
            if (i > 0) {
              out.write(',');
            }
            Server.pieces(Json.bytes(shown.apply(found.get(i))), out);
          }
          out.write(']');
        },
        headers(found));
  }

  private Map<String, String> headers(List<?> found) {
    List<String> links = new ArrayList<>();
    if (page > 1) {
      links.add(link(1, "first"));
      links.add(link(page - 1, "prev"));
    }
    if (found.size() > size) {
      links.add(link(page + 1, "next"));
    }
    return links.isEmpty() ? Map.of() : Map.of("Link", String.join(", ", links));
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

  /// A number of the query that is not negative.
  static long natural(Request request, String name, long fallback) {
    String text = request.asked(name).orElse(String.valueOf(fallback));
    if (!text.matches("[0-9]{1,18}")) {
      throw new HttpError(400, "`" + name + "` must be a number, 0 or more");
    }
    return Long.parseLong(text);
  }

  private static int number(Request request, String name, int fallback) {
    try {
      return request.asked(name).map(Integer::parseInt).orElse(fallback);
    } catch (NumberFormatException e) {
      throw new HttpError(400, "`" + name + "` must be a number");
    }
  }
}
