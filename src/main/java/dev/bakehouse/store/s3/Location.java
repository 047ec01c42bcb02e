package dev.bakehouse.store.s3;

import dev.bakehouse.platform.UserError;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// `s3://BUCKET/PREFIX?endpoint=URL&region=R`.
///
/// @param prefix what all keys start with: empty, or ending with `/`
/// @param endpoint another server than AWS; the bucket is part of its paths then
/// @param region empty when the URL names none
record Location(String bucket, String prefix, Optional<URI> endpoint, String region) {
  private static final String FORM = "Write s3://BUCKET/PREFIX?endpoint=URL&region=R.";
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9._+=-]+(/[A-Za-z0-9._+=-]+)*/?");
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,40}");

  /// @throws UserError that names the part that is wrong and shows none that may be secret
  static Location parse(String url) {
    int query = url.indexOf('?');
    String place = url.substring("s3://".length(), query < 0 ? url.length() : query);
    if (place.indexOf('@') >= 0) {
      throw refused("names a user; credentials do not belong into a URL", credentials());
    }
    int slash = place.indexOf('/');
    String bucket = slash < 0 ? place : place.substring(0, slash);
    String prefix = slash < 0 ? "" : place.substring(slash + 1);
    if (!BUCKET.matcher(bucket).matches()) {
      throw bucket.isEmpty()
          ? refused("names no bucket", FORM)
          : refused(
              "names `" + bucket + "`, which no bucket can be called",
              "A bucket's name has 3 to 63 lower-case letters, digits, `.` and `-`. " + FORM);
    }
    if (!prefix.isEmpty() && (!PREFIX.matcher(prefix).matches() || prefix.contains(".."))) {
      throw refused("has a prefix that is no path of plain names: `" + prefix + "`", FORM);
    }
    Map<String, String> options = options(query < 0 ? "" : url.substring(query + 1));
    String region = options.getOrDefault("region", "");
    if (!region.isEmpty() && !REGION.matcher(region).matches()) {
      throw refused("has a `region` that is none", "Write one like eu-central-1.");
    }
    return new Location(
        bucket,
        prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/",
        Optional.ofNullable(options.get("endpoint")).map(Location::endpoint),
        region);
  }

  /// Without anything secret: [#parse] lets nothing secret in.
  String url() {
    String options =
        endpoint.map(e -> "&endpoint=" + e).orElse("")
            + (region.isEmpty() ? "" : "&region=" + region);
    return "s3://"
        + bucket
        + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1))
        + options.replaceFirst("^&", "?");
  }

  private static Map<String, String> options(String query) {
    Map<String, String> options = new LinkedHashMap<>();
    for (String option : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? "" : option.substring(0, equals);
      if (!name.equals("endpoint") && !name.equals("region")) {
        throw refused(
            "has an option other than `endpoint` and `region`", "Leave it out. " + credentials());
      }
      try {
        String value = URLDecoder.decode(option.substring(equals + 1), StandardCharsets.UTF_8);
        options.put(name, value);
      } catch (IllegalArgumentException e) {
        throw refused("has an option `" + name + "` that can not be decoded", FORM);
      }
    }
    return options;
  }

  private static URI endpoint(String text) {
    try {
      URI uri = new URI(text);
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      if (uri.getRawAuthority() != null && uri.getRawAuthority().indexOf('@') >= 0) {
        throw refused("has an `endpoint` that names a user", credentials());
      }
      if (uri.getHost() != null
          && (scheme.equals("http") || scheme.equals("https"))
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Said below, without the text: it may hold anything.
    }
    throw refused("has an `endpoint` that is no address", "Write endpoint=https://HOST[:PORT].");
  }

  static String credentials() {
    return "Give credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, by a profile of the"
        + " AWS tools, by the instance's role, or by a file named in `cache.s3.credentials-file`.";
  }

  private static UserError refused(String why, String remedy) {
    return new UserError("The S3 store's URL " + why, remedy);
  }
}
