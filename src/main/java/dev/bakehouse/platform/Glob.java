package dev.bakehouse.platform;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Patterns of artifacts and step keys, matched as text: `*` and `?` stay within a folder, `**`
/// does not, `**/` may be no folder at all, `{a,b}` and `[a-z]` as in shells, `\` quotes; several
/// patterns are parted by `;`.
///
/// Jobs write them, so a pattern is matched in one pass over the path with the set of all places it
/// can be at: no pattern takes longer than its length for each character.
public final class Glob {
  /// A place in a pattern: takes one character on to another place, or stands for two others.
  private record Place(@Nullable IntPredicate takes, int next, int other) {}

  private static final int END = -1;

  private final String text;
  private final List<Place> places = new ArrayList<>();
  private final int first;

  private Glob(String text) {
    this.text = text;
    List<Part> parts = new ArrayList<>();
    boolean whole = new Parser().sequence(parts);
    int start = END;
    if (whole) {
      start = link(parts, END);
    } else {
      for (int i = text.length() - 1; i >= 0; i--) {
        char c = text.charAt(i);
        start = place(x -> x == c, start, END);
      }
    }
    first = start;
  }

  public static List<Glob> patterns(String query) {
    return Stream.of(query.split(";"))
        .map(String::strip)
        .filter(p -> !p.isEmpty())
        .map(p -> new Glob(p.startsWith("./") ? p.substring(2) : p))
        .toList();
  }

  public static boolean matches(List<Glob> patterns, String path) {
    return patterns.stream().anyMatch(p -> p.matches(path));
  }

  /// What a pattern is made of.
  private sealed interface Part {
    record One(IntPredicate takes) implements Part {}

    /// Any number of such characters.
    record Many(IntPredicate takes) implements Part {}

    /// `**/`
    record Folders() implements Part {}

    record Either(List<List<Part>> ways) implements Part {}
  }

  private boolean matches(String path) {
    BitSet now = new BitSet();
    boolean ended = add(now, first);
    for (int i = 0; i < path.length(); i++) {
      BitSet next = new BitSet();
      ended = false;
      for (int at = now.nextSetBit(0); at >= 0; at = now.nextSetBit(at + 1)) {
        Place place = places.get(at);
        if (place.takes != null && place.takes.test(path.charAt(i))) {
          ended |= add(next, place.next);
        }
      }
      now = next;
    }
    return ended;
  }

  /// Adds a place and all it stands for.
  ///
  /// @return whether the pattern's end is among them
  private boolean add(BitSet to, int place) {
    boolean ended = false;
    List<Integer> open = new ArrayList<>(List.of(place));
    while (!open.isEmpty()) {
      int at = open.removeLast();
      if (at == END) {
        ended = true;
      } else if (!to.get(at)) {
        to.set(at);
        if (places.get(at).takes == null) {
          open.add(places.get(at).next);
          open.add(places.get(at).other);
        }
      }
    }
    return ended;
  }

  private int place(@Nullable IntPredicate takes, int next, int other) {
    places.add(new Place(takes, next, other));
    return places.size() - 1;
  }

  /// Makes the places of parts from the last to the first.
  ///
  /// @return where they begin
  private int link(List<Part> parts, int next) {
    int start = next;
    for (Part part : parts.reversed()) {
      start = link(part, start);
    }
    return start;
  }

  private int link(Part part, int next) {
    return switch (part) {
      case Part.One one -> place(one.takes, next, END);
      case Part.Many many -> loop(many.takes, next);
      case Part.Folders folders ->
          place(null, loop(x -> true, place(x -> x == '/', next, END)), next);
      case Part.Either either -> {
        int start = link(either.ways.getLast(), next);
        for (List<Part> way : either.ways.subList(0, either.ways.size() - 1).reversed()) {
          start = place(null, link(way, next), start);
        }
        yield start;
      }
    };
  }

  private int loop(IntPredicate takes, int next) {
    int body = place(takes, places.size() + 1, END);
    return place(null, body, next);
  }

  private static boolean inFolder(int c) {
    return c != '/';
  }

  /// Reads the pattern's text.
  private final class Parser {
    private int at;
    private int braces;

    /// @return false when a brace is not closed: then the whole text stands for itself
    boolean sequence(List<Part> parts) {
      while (at < text.length()) {
        char c = text.charAt(at);
        if (braces > 0 && (c == ',' || c == '}')) {
          return true;
        }
        at++;
        if (c == '{') {
          if (!either(parts)) {
            return false;
          }
        } else {
          one(c, parts);
        }
      }
      return braces == 0;
    }

    private boolean either(List<Part> parts) {
      List<List<Part>> ways = new ArrayList<>();
      braces++;
      char end = ',';
      while (end == ',') {
        List<Part> way = new ArrayList<>();
        if (!sequence(way) || at >= text.length()) {
          return false;
        }
        ways.add(way);
        end = text.charAt(at++);
      }
      braces--;
      parts.add(new Part.Either(ways));
      return true;
    }

    private void one(char c, List<Part> parts) {
      switch (c) {
        case '*' -> parts.add(star());
        case '?' -> parts.add(new Part.One(Glob::inFolder));
        case '[' -> set(parts);
        case '\\' -> literal(at < text.length() ? text.charAt(at++) : '\\', parts);
        default -> literal(c, parts);
      }
    }

    private static void literal(char c, List<Part> parts) {
      parts.add(new Part.One(x -> x == c));
    }

    private Part star() {
      if (at >= text.length() || text.charAt(at) != '*') {
        return new Part.Many(Glob::inFolder);
      }
      while (at < text.length() && text.charAt(at) == '*') {
        at++;
      }
      if (at < text.length() && text.charAt(at) == '/') {
        at++;
        return new Part.Folders();
      }
      return new Part.Many(x -> true);
    }

    private void set(List<Part> parts) {
      int end = text.indexOf(']', at + 1);
      String inside = end < 0 ? "" : text.substring(at, end);
      boolean not = inside.startsWith("!") || inside.startsWith("^");
      String members = not ? inside.substring(1) : inside;
      if (members.isEmpty() || reversed(members)) {
        // Not a set: its first character stands for itself, and so do the others of one in which
        // no character is.
        int last = end < 0 ? at : end + 1;
        literal('[', parts);
        for (; at < last; at++) {
          literal(text.charAt(at), parts);
        }
        return;
      }
      at = end + 1;
      parts.add(new Part.One(x -> inFolder(x) && not != in(members, x)));
    }

    private static boolean in(String members, int c) {
      for (int i = 0; i < members.length(); i++) {
        char from = members.charAt(i);
        boolean range = i + 2 < members.length() && members.charAt(i + 1) == '-';
        char to = range ? members.charAt(i + 2) : from;
        if (from <= c && c <= to) {
          return true;
        }
        i += range ? 2 : 0;
      }
      return false;
    }

    /// A range like `z-a`, which no character is in.
    private static boolean reversed(String members) {
      for (int i = 1; i + 1 < members.length(); i++) {
        if (members.charAt(i) == '-' && members.charAt(i - 1) > members.charAt(i + 1)) {
          return true;
        }
      }
      return false;
    }
  }
}
