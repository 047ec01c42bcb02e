package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.config.Section;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.coordinator.BuildView;
import dev.bakehouse.host.Hosts.Entry;
import dev.bakehouse.pipeline.Adapt;
import dev.bakehouse.pipeline.Affinity;
import dev.bakehouse.pipeline.FleetConfig;
import dev.bakehouse.pipeline.Generate;
import dev.bakehouse.pipeline.PipelineConfig;
import dev.bakehouse.pipeline.WrittenPipeline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The demo's pipeline in every affinity mode, on three hosts of which one has the image when it
/// begins, and of which one is killed in the middle. `-Dbakehouse.runs=N` for more than one run.
@Tag("agent")
class AffinityTest {
  private static final List<String> HOSTS = List.of("oven-a", "oven-b", "oven-c");
  private static final String ARM = "darwin-aarch64";
  private static final String X64 = "darwin-x64";
  private static final String REASON = "vm-status-reason=";

  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource
  void noJobLandsOnAHostWithoutTheImage(Affinity affinity) throws IOException {
    int runs = Integer.getInteger("bakehouse.runs", 1);
    Random random = new Random(Long.getLong("bakehouse.seed", 1));
    for (int run = 0; run < runs; run++) {
      run(affinity, dir.resolve("run-" + run), random);
    }
  }

  /// That it would be seen.
  @Test
  void withoutAffinityAJobDoes() throws IOException {
    String yaml = yaml(dir, "image-step: false", "");
    try (Hosts hosts = new Hosts(dir, yaml)) {
      hosts.start("oven-a");
      BuildView build = hosts.ended(hosts.create(generated(yaml)));
      assertThat(build.passed()).isFalse();
      assertThat(hosts.ledger("missing", "", "")).isNotEmpty();
    }
  }

  private static void run(Affinity affinity, Path dir, Random random) throws IOException {
    boolean image = affinity == Affinity.IMAGE;
    // Four at once, for which one host has not slots enough; in the mode group two.
    String all = "%s.cpp %s.cpp".formatted(ARM, X64);
    String meet = affinity == Affinity.GROUP ? all : all + " %s.zig %s.zig".formatted(ARM, X64);
    String settings = "affinity: %s\n  image: %s\n  image-step: %s";
    String yaml = yaml(dir, settings.formatted(affinity.word(), Hosts.IMAGE, !image), meet);
    try (Hosts hosts = new Hosts(dir, yaml)) {
      hosts.image();
      hosts.give(HOSTS.getFirst());
      for (String host : HOSTS) {
        hosts.start(host);
      }
      // As long as nothing is published these tags stay.
      String ready = "ready; image first: its registry has it no more";
      hosts.await("the host with the image", () -> hosts.agents(REASON + ready) == 2);
      String missing = "image first is missing it could not be fetched";
      hosts.await("those without it", () -> hosts.agents(REASON + missing) == 4);
      String build = hosts.create(generated(yaml));
      if (image) {
        hosts.await("two jobs", () -> unfinished(hosts) == 2);
        assertThat(hosts.agents("vm-ready=false")).isEqualTo(4);
        assertThat(hostsOf(hosts, "")).containsExactly("oven-a");
      } else {
        hosts.await("preparations", () -> hosts.ledger("prepares", "", "-image").size() == 2);
      }
      hosts.publish();
      hosts.met("prepare");

      hosts.await("links", () -> hosts.ledger("began", "", "-build-bun").size() == 2);
      List<Entry> links = hosts.ledger("began", "", "-build-bun");
      String killed = links.get(random.nextInt(links.size())).host();
      hosts.kill(killed);
      // Others take its work where they may.
      if (!image) {
        hosts.start(killed);
      }
      hosts.met("go");
      BuildView passed = hosts.ended(build);
      assertThat(passed.state()).as("%s", hosts.ledger()).isEqualTo("passed");
      assertThat(passed.jobs()).anyMatch(job -> job.retried());
      generatedRan(hosts, affinity, killed);

      WrittenPipeline written = written(dir);
      FleetConfig fleet = FleetConfig.read(section(yaml)).with(affinity);
      assertThat(Adapt.apply(written, fleet)).isEqualTo(4);
      String adapted = hosts.create(written.json());
      assertThat(hosts.ended(adapted).state()).as("%s", hosts.ledger()).isEqualTo("passed");
      adaptedRan(hosts, affinity);
      assertThat(hosts.ledger("missing", "", "")).isEmpty();
    }
  }

  private static void generatedRan(Hosts hosts, Affinity affinity, String killed) {
    if (affinity == Affinity.IMAGE) {
      assertThat(hostsOf(hosts, "")).hasSizeGreaterThan(1);
      assertThat(hosts.ledger("ended", "", "-build-bun"))
          .hasSize(2)
          .noneMatch(link -> link.host().equals(killed));
      return;
    }
    assertThat(hostsOf(hosts, ARM)).hasSize(1);
    assertThat(hostsOf(hosts, X64)).hasSize(1).doesNotContainAnyElementsOf(hostsOf(hosts, ARM));
    for (String target : List.of(ARM, X64)) {
      assertThat(hosts.ledger("prepares", target + "-image", "").getFirst().host())
          .isEqualTo(hostsOf(hosts, target).getFirst());
    }
  }

  private static void adaptedRan(Hosts hosts, Affinity affinity) {
    assertThat(hosts.ledger("ended", "", "-pack")).hasSize(2);
    if (affinity == Affinity.GROUP) {
      oneAtATime(hosts, ARM);
      oneAtATime(hosts, X64);
    }
    if (affinity != Affinity.IMAGE) {
      for (String step : List.of("-lint", "-pack")) {
        assertThat(hosts.ledger("ended", ARM, step).getFirst().host()).isEqualTo("oven-a");
        assertThat(hosts.ledger("ended", X64, step).getFirst().host()).isEqualTo("oven-b");
      }
    }
  }

  /// A killed job has no end, and its next attempt begins later.
  private static void oneAtATime(Hosts hosts, String target) {
    Map<String, Long> ends = new HashMap<>();
    hosts.ledger("ended", target + "-", "").forEach(e -> ends.put(e.job(), e.millis()));
    long free = 0;
    for (Entry began :
        hosts.ledger("began", target + "-", "").stream()
            .sorted(Comparator.comparing(Entry::millis))
            .toList()) {
      assertThat(began.millis()).as(began + " began beside another").isGreaterThanOrEqualTo(free);
      free = ends.getOrDefault(began.job(), began.millis());
    }
  }

  private static long unfinished(Hosts hosts) {
    List<String> ended = hosts.ledger("ended", "", "").stream().map(Entry::job).toList();
    return Stream.concat(
            hosts.ledger("began", "", "-cpp").stream(), hosts.ledger("began", "", "-zig").stream())
        .filter(began -> !ended.contains(began.job()))
        .count();
  }

  private static List<String> hostsOf(Hosts hosts, String target) {
    return hosts.ledger("began", target, "").stream().map(Entry::host).distinct().toList();
  }

  private static Section section(String yaml) {
    return Yaml.parse("bakehouse.yml", yaml);
  }

  private static String generated(String yaml) {
    return Generate.pipeline(PipelineConfig.read(section(yaml))).json();
  }

  private static String yaml(Path dir, String settings, String meet) {
    return """
    pipeline:
      %s
      hosts:
        oven-a: {queue: darwin, os: macos, arch: arm64}
        oven-b: {queue: darwin, os: macos, arch: arm64}
        oven-c: {queue: darwin, os: macos, arch: arm64}
      steps:
        vendor: {command: "%s"}
        cpp: {command: "%s"}
        zig: {command: "%s"}
        link: {command: "%s"}
        test: {command: "%s", parallelism: 2}
    """
        .formatted(
            settings,
            Hosts.meet(dir, "vendor"),
            Hosts.meet(dir, "cpp", meet),
            Hosts.meet(dir, "zig", meet),
            Hosts.meet(dir, "link", "go"),
            Hosts.meet(dir, "test"));
  }

  /// A pipeline that was there before, as `adapt` gets it.
  private static WrittenPipeline written(Path dir) {
    String step = "  - {key: %s, command: \"%s\", agents: {queue: darwin, os: %s, arch: %s}}%n";
    return WrittenPipeline.parse(
        "test",
        "steps:\n"
            + step.formatted(ARM + "-lint", Hosts.meet(dir, "lint"), "darwin", "aarch64")
            + step.formatted(X64 + "-lint", Hosts.meet(dir, "lint"), "macos", "arm64")
            + "  - wait\n"
            + step.formatted(ARM + "-pack", Hosts.meet(dir, "pack"), "darwin", "aarch64")
            + step.formatted(X64 + "-pack", Hosts.meet(dir, "pack"), "macos", "arm64"));
  }
}
