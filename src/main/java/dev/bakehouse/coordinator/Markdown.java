package dev.bakehouse.coordinator;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/// The text of an annotation, which is CommonMark with tables and HTML, as HTML. What a job wrote
/// stays what it is: whoever shows this must not let it run. Only what would fetch something before
/// anybody looks (`<link>`, `<meta>` and their like) is text.
final class Markdown {
  private static final Logger LOG = System.getLogger(Markdown.class.getName());

  /// Deeper lists and quotes are text.
  private static final int DEEPEST = 50;

  /// Characters, lines, and cells of tables, empty ones that are added to short rows among them: of
  /// more the parser makes what grows with their square, so such a text is shown as it was written.
  private static final int LONGEST = 1 << 18;

  private static final int LINES = 20_000;

  /// Characters that begin what may reach to the end of the text, and how far all of them look.
  private static final int MARKS = 5000;

  private static final long LOOKS = 1 << 28;
  private static final int CELLS = 50_000;

  /// Characters of HTML that are kept: people who look ask for the same again and again.
  private static final int KEPT = 4 << 20;

  private static final Pattern FETCHES =
      Pattern.compile(
          "<(?=/?(?:link|meta|base|iframe|frame|object|embed)\\b)", Pattern.CASE_INSENSITIVE);

  private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create());
  private static final Parser PARSER =
      Parser.builder().extensions(EXTENSIONS).maxOpenBlockParsers(DEEPEST).build();
  private static final HtmlRenderer RENDERER =
      HtmlRenderer.builder().extensions(EXTENSIONS).sanitizeUrls(true).build();

  private static final Map<String, String> KNOWN = new LinkedHashMap<>(16, 0.75f, true);
  private static long held;

  private Markdown() {}

  /// One at a time: hostile texts take memory, and up to a second.
  static synchronized String html(String text) {
    String known = KNOWN.get(text);
    if (known != null) {
      return known;
    }
    String html = FETCHES.matcher(rendered(text)).replaceAll("&lt;");
    KNOWN.put(text, html);
    held += text.length() + html.length();
    var oldest = KNOWN.entrySet().iterator();
    while (held > KEPT && oldest.hasNext()) {
      Map.Entry<String, String> gone = oldest.next();
      held -= gone.getKey().length() + gone.getValue().length();
      oldest.remove();
    }
    return html;
  }

  private static String rendered(String text) {
    if (bounded(text)) {
      try {
        return RENDERER.render(PARSER.parse(text));
      } catch (StackOverflowError e) {
        LOG.log(Level.WARNING, "An annotation is nested too deeply; it is shown as it was written");
      }
    }
    return "<pre>" + text.replace("&", "&amp;").replace("<", "&lt;") + "</pre>";
  }

  private static boolean bounded(String text) {
    long rows = 1;
    long cells = 0;
    long most = 0;
    long marks = 0;
    for (int i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '|' -> most = Math.max(most, ++cells);
        case '<', '[', '\\' -> marks++;
        case '\n', '\r' -> {
          rows++;
          cells = 0;
        }
        default -> {}
      }
    }
    return text.length() <= LONGEST
        && rows <= LINES
        && rows * most <= CELLS
        && marks <= MARKS
        && marks * text.length() <= LOOKS;
  }
}
