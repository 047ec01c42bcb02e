package dev.bakehouse.coordinator;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `multipart/form-data` as agents send it: small fields in any order, then one file, which is
/// streamed.
final class Multipart {
  private static final Pattern BOUNDARY = Pattern.compile("boundary=\"?([^\";]{1,200})\"?");
  private static final Pattern NAME = Pattern.compile("[; ]name=\"([^\"]*)\"");
  private static final int MOST_FIELDS = 16;

  /// Bytes of all fields and their headers together: nobody has proved who sends them yet.
  private static final int FIELD_LIMIT = 64 << 10;

  private final InputStream in;
  private final byte[] mark;
  private final Map<String, String> fields = new HashMap<>();
  private int left = FIELD_LIMIT;

  /// @param type the request's `Content-Type`
  Multipart(InputStream in, String type) {
    Matcher boundary = BOUNDARY.matcher(type);
    if (!type.startsWith("multipart/form-data") || !boundary.find()) {
      throw new HttpError(400, "The body is not multipart/form-data");
    }
    this.in = new BufferedInputStream(in, 64 << 10);
    this.mark = ("\r\n--" + boundary.group(1)).getBytes(StandardCharsets.ISO_8859_1);
  }

  Map<String, String> fields() {
    return fields;
  }

  /// Reads the fields up to the file, whose content [#copy] then gives.
  void toFile() throws IOException {
    line();
    for (int field = 0; field <= MOST_FIELDS; field++) {
      String head = "";
      String header = line();
      while (!header.isEmpty()) {
        head = header.regionMatches(true, 0, "Content-Disposition:", 0, 20) ? header : head;
        header = line();
      }
      if (head.contains("filename=")) {
        return;
      }
      Matcher name = NAME.matcher(head);
      if (!name.find()) {
        throw new HttpError(400, "The form has no file");
      }
      ByteArrayOutputStream value = new ByteArrayOutputStream();
      copy(value, left);
      left -= value.size();
      fields.put(name.group(1), value.toString(StandardCharsets.UTF_8));
      if (line().startsWith("--")) {
        throw new HttpError(400, "The form has no file");
      }
    }
    throw new HttpError(413, "The form has more than " + MOST_FIELDS + " fields before its file");
  }

  /// Copies up to the next boundary, which is consumed.
  void copy(OutputStream out, long limit) throws IOException {
    long size = 0;
    int matched = 0;
    int b = in.read();
    while (true) {
      if (b < 0) {
        throw new HttpError(400, "The form ends in the middle");
      }
      if (b == (mark[matched] & 0xff)) {
        matched++;
        if (matched == mark.length) {
          return;
        }
        b = in.read();
      } else if (matched > 0) {
        // Only the first byte of the mark is a carriage return, so nothing inside can restart it.
        out.write(mark, 0, matched);
        size += matched;
        matched = 0;
      } else {
        out.write(b);
        size++;
        b = in.read();
      }
      if (size > limit) {
        throw new HttpError(413, "A part of the form is larger than " + limit + " bytes");
      }
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    int b = in.read();
    while (b != '\n') {
      if (b < 0) {
        throw new HttpError(400, "The form is malformed");
      }
      if (left-- <= 0) {
        throw new HttpError(413, "The form's fields have more than " + FIELD_LIMIT + " bytes");
      }
      line.append((char) b);
      b = in.read();
    }
    return line.toString().stripTrailing();
  }
}
