package dev.bakehouse.host;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What the agents of a host register with: the configured tags in all spellings that pipelines
/// use, and how its images stand. A tag may have several values.
final class AgentTags {
  /// When the rest was found; no reason to register again.
  private static final String LAST_CHECK = "vm-last-check";

  private static final String IMAGE = "vm-image=";

  private static final List<Set<String>> SAME =
      List.of(Set.of("darwin", "macos"), Set.of("aarch64", "arm64"), Set.of("x64", "x86_64"));

  private static final int LONGEST = 200;

  private final List<String> fixed;
  private final Optional<String> routed;

  private AgentTags(List<String> fixed, Optional<String> routed) {
    this.fixed = List.copyOf(fixed);
    this.routed = routed;
  }

  /// @param tart whether its VMs are Tart's
  static AgentTags of(HostSettings host, boolean tart) {
    Map<String, String> tags = new TreeMap<>(machine(tart));
    tags.putAll(host.agent().tags());
    // With `host.routing: queues` the queue tells how the host stands.
    Optional<String> routed =
        host.operations().queues()
            ? Optional.ofNullable(tags.remove("queue")).map(queue -> tag(host, "queue", queue))
            : Optional.empty();
    List<String> all = new ArrayList<>();
    tags.forEach((name, value) -> spellings(name, value).forEach(v -> all.add(tag(host, name, v))));
    all.add("host=" + host.name());
    return new AgentTags(all, routed);
  }

  /// With the readiness of now.
  List<String> with(Readiness readiness) {
    List<String> all = new ArrayList<>(fixed);
    routed.ifPresent(queue -> all.add(queue + (readiness.ready() ? "-ready" : "-prep")));
    all.add("vm-ready=" + readiness.ready());
    values(readiness, i -> Stream.of(i.name(), i.offered())).forEach(v -> all.add(IMAGE + v));
    values(readiness, i -> Stream.of(i.bootstrapVersion()))
        .forEach(v -> all.add("vm-bootstrap-version=" + v));
    values(readiness, i -> Stream.of(i.bunVersion())).forEach(v -> all.add("vm-bun-version=" + v));
    all.add("vm-status-reason=" + plain(readiness.reason()));
    return all;
  }

  /// The images in a list of tags, with spaces between.
  static String images(List<String> tags) {
    return tags.stream()
        .filter(tag -> tag.startsWith(IMAGE))
        .map(tag -> tag.substring(IMAGE.length()))
        .collect(Collectors.joining(" "));
  }

  /// With the time, to the minute.
  static List<String> dated(List<String> tags) {
    List<String> all = new ArrayList<>(tags);
    all.add(LAST_CHECK + "=" + Instant.now().truncatedTo(ChronoUnit.MINUTES));
    return all;
  }

  private interface Values {
    Stream<String> of(ImageState image);
  }

  private static List<String> values(Readiness readiness, Values values) {
    return readiness.images().stream()
        .flatMap(values::of)
        .filter(value -> !value.isEmpty())
        .map(AgentTags::plain)
        .distinct()
        .toList();
  }

  /// What can stand in the agent's list: no commas, quotes or line ends.
  private static String plain(String text) {
    String plain = text.replaceAll("[^A-Za-z0-9 ._:;/@()+-]", " ").replaceAll(" +", " ").strip();
    return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST).strip();
  }

  private static List<String> spellings(String name, String value) {
    boolean known = name.equals("os") || name.equals("arch");
    return SAME.stream()
        .filter(same -> known && same.contains(value))
        .findFirst()
        .map(same -> Stream.concat(Stream.of(value), same.stream()).distinct().sorted().toList())
        .orElse(List.of(value));
  }

  private static String tag(HostSettings host, String name, String value) {
    if (value.contains(",") || name.contains(",") || name.contains("=")) {
      throw new ConfigError(
          host.file().toString(),
          "`agent.tags." + name + ": " + value + "` is more than one tag",
          "Give each tag one value; an agent has one queue.");
    }
    return name + "=" + value;
  }

  /// What the machine itself tells; the configuration may say otherwise.
  private static Map<String, String> machine(boolean tart) {
    Map<String, String> tags = new TreeMap<>();
    boolean mac = System.getProperty("os.name").startsWith("Mac");
    tags.put("os", mac ? "macos" : "linux");
    tags.put("arch", System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x64");
    if (tart) {
      tags.put("tart", "true");
    }
    if (mac) {
      chip().forEach(chip -> tags.put("chip", chip));
    }
    return tags;
  }

  /// `m2` of an Apple M2 Pro.
  private static Stream<String> chip() {
    try {
      String brand = Command.of("sysctl", "-n", "machdep.cpu.brand_string").check().text().strip();
      return brand.startsWith("Apple ")
          ? Stream.of(brand.split(" ")[1].toLowerCase(Locale.ROOT))
          : Stream.of();
    } catch (UserError e) {
      return Stream.of();
    }
  }
}
