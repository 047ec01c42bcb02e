package dev.bakehouse.host;

/// A page being written. What is [#text] is shown as it is, whoever wrote it.
final class Html {
  private final StringBuilder page = new StringBuilder();

  /// @param html of this program's own
  Html tag(String html) {
    page.append(html);
    return this;
  }

  Html text(String any) {
    page.append(escaped(any));
    return this;
  }

  /// An element with text in it.
  ///
  /// @param name with attributes of this program's own: `td class=wide`
  Html element(String name, String any) {
    return tag("<" + name + ">").text(any).tag("</" + name.split(" ")[0] + ">");
  }

  /// For an element's text and a quoted attribute. What is no character of XML, and what turns the
  /// direction of writing around, is not shown.
  static String escaped(String any) {
    StringBuilder safe = new StringBuilder();
    any.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(hidden(c) ? 0xfffd : c);
              }
            });
    return safe.toString();
  }

  private static boolean hidden(int c) {
    return (Character.isISOControl(c) && c != '\n' && c != '\t')
        || (c >= 0x202a && c <= 0x202e)
        || (c >= 0x2066 && c <= 0x2069)
        || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  @Override
  public String toString() {
    return page.toString();
  }
}
