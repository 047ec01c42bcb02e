package dev.bakehouse.coordinator;

import java.util.Collection;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.databind.exc.MismatchedInputException;

/// What is wrong with a body, in its sender's words: the parser's own name classes of this program.
final class WrongJson {
  private WrongJson() {}

  static HttpError of(JacksonException e) {
    if (e instanceof MismatchedInputException mismatch) {
      String path = path(e);
      return new HttpError(
          400,
          (path.isEmpty() ? "The body" : "`" + path + "` of the body")
              + " must be "
              + kind(mismatch.getTargetType()));
    }
    TokenStreamLocation at = e.getLocation();
    String place =
        at == null || at.getLineNr() < 1
            ? ""
            : ", at line " + at.getLineNr() + ", column " + at.getColumnNr();
    return new HttpError(
        400,
        e instanceof StreamConstraintsException
            ? "The body is too large or too deep as JSON" + place
            : "The body is not JSON" + place);
  }

  /// As in `env.A` and `artifacts[2].path`.
  private static String path(JacksonException e) {
    StringBuilder path = new StringBuilder();
    for (JacksonException.Reference step : e.getPath()) {
      if (step.getPropertyName() != null) {
        path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
      } else if (step.getIndex() >= 0) {
        path.append('[').append(step.getIndex()).append(']');
      }
    }
    return path.toString();
  }

  private static String kind(Class<?> type) {
    if (type == String.class) {
      return "a text";
    }
    if (type == Integer.class || type == Long.class || type == int.class || type == long.class) {
      return "a whole number";
    }
    if (type == Boolean.class || type == boolean.class) {
      return "true or false";
    }
    if (type != null && (type.isArray() || Collection.class.isAssignableFrom(type))) {
      return "a list";
    }
    return type != null && (type.isRecord() || Map.class.isAssignableFrom(type))
        ? "an object"
        : "of another kind";
  }
}
