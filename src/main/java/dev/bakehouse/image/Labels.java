package dev.bakehouse.image;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What an image's labels tell of its contents beside its identity; empty texts where they do not.
public final class Labels {
  static final String BOOTSTRAP_VERSION = "dev.bakehouse.image.bootstrap-version";
  static final String RELEASE = "dev.bakehouse.image.release";

  private static final Pattern VERSION_LINE =
      Pattern.compile("^#+\\s*Version:\\s*(\\S{1,40})", Pattern.MULTILINE);

  private static final Pattern VERSION_IN_NAME = Pattern.compile("-(\\d+\\.\\d[A-Za-z0-9._]*)$");

  private Labels() {}

  /// Of the script that made it.
  public static String bootstrapVersion(LocalImage image) {
    return image.record().labels().getOrDefault(BOOTSTRAP_VERSION, "");
  }

  /// Of macOS: 13, 14 or 15.
  public static String release(LocalImage image) {
    return image.record().labels().getOrDefault(RELEASE, "");
  }

  /// Of the product it is for: what its name ends with, for a new version's image may be an old one
  /// under another name, else what it was built for.
  public static String version(LocalImage image) {
    Matcher matcher = VERSION_IN_NAME.matcher(image.name());
    return matcher.find()
        ? matcher.group(1)
        : image.record().labels().getOrDefault(Difference.VERSION_LABEL, "");
  }

  /// What a build adds.
  static Map<String, String> built(ImageConfig config, byte[] script) {
    Map<String, String> all = new LinkedHashMap<>();
    String version = versionLine(script);
    if (!version.isEmpty()) {
      all.put(BOOTSTRAP_VERSION, version);
    }
    all.put(RELEASE, String.valueOf(config.release()));
    return all;
  }

  /// What a bootstrap script says of itself: its line `# Version: 3.6`.
  static String versionLine(byte[] script) {
    Matcher matcher = VERSION_LINE.matcher(new String(script, StandardCharsets.UTF_8));
    return matcher.find() ? matcher.group(1) : "";
  }
}
