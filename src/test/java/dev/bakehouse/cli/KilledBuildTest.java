package dev.bakehouse.cli;

import static dev.bakehouse.cli.ImageProject.NAME;
import static dev.bakehouse.cli.ImageProject.cat;
import static dev.bakehouse.cli.ImageProject.said;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Verify;
import dev.bakehouse.oci.DockerRegistry;
import dev.bakehouse.oci.Fault;
import dev.bakehouse.oci.FaultyRegistry;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.vm.GuestImage;
import dev.bakehouse.vm.qemu.QemuHypervisor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// KILL of the process that builds, pushes, tries and rolls out an image, with real guests, at
/// moments that its own messages and deeds name.
@Tag("vm")
@Tag("registry")
class KilledBuildTest {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /// Whoever hears this waits, and can be killed there.
  private static final Fault BUSY = new Fault.Status(503, Map.of("Retry-After", "60"), "");

  @TempDir Path temp;
  private ImageProject project;
  private int runs;

  @BeforeEach
  void project() throws IOException {
    project = new ImageProject(temp.resolve("project"));
    project.store.adopt("debian", GuestImage.directory(), Map.of(), "test");
    project.script(
        "scripts/bootstrap.sh",
        """
        sudo install -m 755 tools/greet /usr/local/bin/greet
        echo made | sudo tee /etc/made""");
  }

  @Test
  void whatIsKilledAnywhereEndsTheNextTimeAsIfNothingHadBeen() throws Exception {
    try (DockerRegistry registry = DockerRegistry.start(temp.resolve("registry"), false);
        FaultyRegistry proxy = FaultyRegistry.before(registry.host())) {
      configure(proxy.host());
      for (String moment : List.of("building ", "workspace: ", "shutdown: ")) {
        killed(() -> logged(moment), "image", "build", "--plain-http");
        assertThat(project.store.list()).extracting(LocalImage::name).containsExactly("debian");
      }
      killed(() -> logged("pushing ") && stored().size() > 1, "image", "build", "--plain-http");
      LocalImage built = project.store.get(NAME);
      assertThat(cat(built.disk(), "/etc/made")).isEqualTo("made");

      // The build is not done again, and what was uploaded is not uploaded again.
      Set<String> there = stored();
      proxy.reset();
      Outcome ensured = project.bakehouse("image", "ensure", "--plain-http");
      assertThat(ensured.status()).as(said(ensured)).isZero();
      assertThat(said(ensured)).doesNotContain("building").contains("as 1.2.14, latest");
      assertThat(project.store.get(NAME).content()).isEqualTo(built.content());
      assertThat(uploads(proxy)).isNotEmpty().doesNotContainAnyElementsOf(there);

      Set<String> whole = stored();
      proxy.reset();
      killed(
          () -> !new QemuHypervisor(project.state).list().isEmpty(),
          "image",
          "refresh",
          "--plain-http");
      // A serial that is claimed and not written, a document that nothing points at, half way.
      for (String tag : List.of("rollout-1", "rollout", "rollout-4")) {
        String path = "/manifests/" + tag + "$";
        proxy.on("PUT", path, BUSY);
        killed(() -> proxy.count("PUT", path) > 0, "image", "refresh", "--plain-http");
      }
      Outcome refreshed = project.bakehouse("image", "refresh", "--plain-http", "--json");
      assertThat(refreshed.status()).as(said(refreshed)).isZero();
      assertThat(json(refreshed).path("standing").asString()).isEqualTo("up-to-date");
      assertThat(said(refreshed)).doesNotContain("building");
      assertThat(uploads(proxy)).doesNotContainAnyElementsOf(whole);
      JsonNode rollout = json(project.bakehouse("image", "rollout", "--plain-http", "--json"));
      assertThat(rollout.at("/document/percent").asInt()).isEqualTo(100);
      assertThat(rollout.at("/document/current/digest").asString())
          .isEqualTo(project.store.get(NAME).record().digest());
      assertThat(rollout.at("/document/previous").isNull()).isTrue();
    }
    clean();
  }

  /// Runs a command, kills it at a moment, and sees its VM go.
  private void killed(Supplier<Boolean> moment, String... arguments) throws IOException {
    runs++;
    Process process = project.command(arguments).startInto(log());
    Poll.until(
        "the moment (see " + log() + ")",
        PATIENCE,
        () -> {
          if (moment.get()) {
            return Optional.of(true);
          }
          if (!process.isAlive()) {
            throw new Poll.Fatal("it ended before: " + Files.readString(log()), "See above.");
          }
          return Optional.empty();
        });
    assertThat(process.isAlive()).as(Files.readString(log())).isTrue();
    process.destroyForcibly().onExit().join();
    Poll.until(
        "the end of all it started",
        Duration.ofSeconds(30),
        () -> Optional.of(true).filter(_ -> processes().isEmpty()));
  }

  /// Command lines with this project's state directory in them.
  private List<String> processes() {
    return ProcessHandle.allProcesses()
        .flatMap(process -> process.info().commandLine().stream())
        .filter(line -> line.contains(project.state.toString()))
        .toList();
  }

  private Path log() {
    return temp.resolve("run-" + runs + ".log");
  }

  private boolean logged(String text) {
    try {
      return Files.exists(log()) && Files.readString(log()).contains(text);
    } catch (IOException e) {
      return false;
    }
  }

  /// Digests of the blobs that the registry has.
  private Set<String> stored() {
    Path repositories = temp.resolve("registry/data/docker/registry/v2/repositories");
    try (var all = Files.exists(repositories) ? Files.walk(repositories) : Stream.<Path>empty()) {
      return all.filter(path -> path.endsWith("link") && path.toString().contains("/_layers/"))
          .map(path -> "sha256:" + path.getParent().getFileName())
          .collect(Collectors.toSet());
    } catch (IOException | UncheckedIOException e) {
      // It is being written to.
      return Set.of();
    }
  }

  /// Digests of blobs that were to be uploaded whole.
  private static List<String> uploads(FaultyRegistry proxy) {
    return proxy.requests().stream()
        .filter(request -> request.method().equals("PUT") && request.path().contains("digest="))
        .map(request -> request.path().replaceFirst(".*digest=([^&]*).*", "$1"))
        .toList();
  }

  private void configure(String registry) throws IOException {
    String line =
        project.bakehouse("image", "rollout", "keygen", "--json", "--out", "../key").text();
    String key = new JsonMapper().readTree(line).path("publicKey").asString();
    project.configure(
        registry,
        "debian",
        "[greet]",
        300,
        """
          rollout: {key-file: ../key, public-key: '%s', step-minutes: 0}
          smoke: ['test "$(cat /etc/made)" = made', 'git --version']
        """
            .formatted(key));
  }

  /// The store verifies, nothing unfinished is left of all the runs.
  private void clean() throws IOException {
    Outcome pruned = project.bakehouse("image", "prune", "--older-than", "1");
    assertThat(pruned.status()).as(said(pruned)).isZero();
    assertThat(project.store.list()).extracting(Verify::of).allMatch(Verify.Finding::ok);
    assertThat(project.store.foreign()).isEmpty();
    project.nothingIsLeft();
    try (var work = Files.list(project.store.work())) {
      assertThat(work.map(p -> p.getFileName().toString()))
          .allMatch(n -> n.matches("\\..+|.+\\.lock|leases|room|upload|history\\.jsonl"));
    }
    try (var uploads = Files.list(project.store.work().resolve("upload"))) {
      assertThat(uploads.filter(p -> !p.toString().endsWith(".lock"))).isEmpty();
    }
  }

  private static JsonNode json(Outcome outcome) {
    return new JsonMapper().readTree(outcome.text());
  }
}
