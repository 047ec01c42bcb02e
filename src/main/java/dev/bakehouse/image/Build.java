package dev.bakehouse.image;

import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Tail;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// Makes an image: clone the base, start it with the workspace, run the bootstrap script, check the
/// tools, shut down, publish. A build that fails leaves nothing but its log.
public final class Build {
  private static final Duration TOOL = Duration.ofMinutes(1);
  private static final Duration SHUTDOWN = Duration.ofMinutes(2);

  private final ImageStore store;
  private final Repositories repositories;
  private final BuildVm.Maker vms;
  private final Path logs;
  private final Log log;

  /// @param logs where the output of bootstrap scripts is kept
  public Build(ImageStore store, Repositories repositories, BuildVm.Maker vms, Path logs, Log log) {
    this.store = store;
    this.repositories = repositories;
    this.vms = vms;
    this.logs = logs;
    this.log = log;
  }

  /// Builds and publishes in the store.
  ///
  /// @param branch stands in the image
  public LocalImage run(Wanted wanted, Branch branch) {
    String name = wanted.names().local();
    Path bootstrap = wanted.checkout().root().resolve(wanted.config().bootstrapScript());
    if (!Files.isExecutable(bootstrap)) {
      throw new ProjectError(
          "Could not build the image "
              + name
              + ": there is no bootstrap script "
              + bootstrap
              + " that can be run",
          "Write it and `chmod +x` it, or name another with `image.bootstrap-script` in bakehouse.yml.");
    }
    Optional<Ancestry.Found> previous =
        wanted.config().incremental().wanted()
            ? new Ancestry(store, repositories, log).find(wanted)
            : Optional.empty();
    LocalImage base =
        previous.map(Ancestry.Found::image).orElseGet(() -> base(wanted.config().baseName()));
    Optional<Ancestor.Fits> fits = previous.map(Ancestry.Found::fits);
    Runnable waiting = () -> log.say("waiting: another process works on the image " + name);
    try (ImageLease held = store.use(base.name(), "build of " + name);
        ExclusiveLock _ = store.lock(name, waiting);
        Room.Reserved _ =
            store.room().make(base.bytes(), "build " + name, store.work(Draft.directory(name)))) {
      Path file = logFile(name);
      String how =
          fits.map(f -> " (checkpoint " + f.checkpoint() + ", " + f.chain() + " in a row)")
              .orElse("");
      log.say("building " + name + " from " + base.name() + how + "; its log is " + file);
      try (OutputStream output = Files.newOutputStream(file);
          BuildVm vm =
              held.steadily(
                  now -> vms.create(vmName(name), now, wanted.config()), BuildVm::close)) {
        recipe(wanted, vm, output, fits.map(Ancestor.Fits::environment).orElse(List.of()));
        Map<String, String> labels = new HashMap<>(wanted.identity().labels());
        labels.put(Difference.VERSION_LABEL, wanted.version().text());
        labels.put(Branch.LABEL, branch.word());
        labels.putAll(Labels.built(wanted.config(), Files.readAllBytes(bootstrap)));
        fits.ifPresent(f -> labels.putAll(Ancestor.labels(held.image(), f)));
        return published(name, vm, held.image(), labels);
      } catch (ProjectError e) {
        String end = "\n" + Tail.of(file);
        throw new ProjectError(e.getMessage() + " (log: " + file + "); its end:" + end, e.remedy());
      } catch (UserError e) {
        throw new UserError(e.getMessage() + " (log: " + file + ")", e.remedy(), e);
      }
    } catch (IOException e) {
      throw Trees.failed("build the image " + name, e);
    }
  }

  private LocalImage published(String name, BuildVm vm, LocalImage base, Map<String, String> labels)
      throws IOException {
    try (Draft draft = store.draft(name)) {
      vm.save(draft.directory());
      Path manifest = base.directory().resolve("manifest.json");
      if (Files.exists(manifest)) {
        Files.copy(manifest, draft.directory().resolve(ImageStore.PARENT));
      }
      String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      return draft.publish(
          new ImageRecord("", Content.recorded(draft.directory()), labels, now, "build"),
          "built",
          0);
    }
  }

  /// @param environment what the script is told beside the guest's own variables
  private void recipe(Wanted wanted, BuildVm vm, OutputStream output, List<String> environment) {
    ImageConfig config = wanted.config();
    ImageConfig.Deadlines deadlines = config.deadlines();
    phase("boot", () -> run(() -> vm.start(deadlines.boot())));
    phase("address", () -> run(() -> vm.awaitAddress(deadlines.address())));
    phase("ssh", () -> run(() -> vm.awaitSsh(deadlines.ssh())));
    String workspace = phase("workspace", () -> vm.workspace(wanted.checkout().root()));
    List<String> script = new ArrayList<>();
    if (!environment.isEmpty()) {
      script.add("/usr/bin/env");
      script.addAll(environment);
    }
    script.add("./" + config.bootstrapScript());
    int status = phase("bootstrap", () -> vm.run(script, workspace, output, deadlines.bootstrap()));
    if (status != 0) {
      throw new ProjectError(
          "Could not build the image: bootstrap: "
              + config.bootstrapScript()
              + " ended with status "
              + status,
          "Read the log, mend the script, build again.");
    }
    for (String tool : config.tools()) {
      List<String> look = List.of("/bin/sh", "-lc", "command -v -- \"$1\"", "sh", tool);
      if (phase("tool " + tool, () -> vm.run(look, workspace, output, TOOL)) != 0) {
        throw new ProjectError(
            "Could not build the image: tools: `" + tool + "` is not in the image",
            "Let the bootstrap script install it, or take it out of `image.tools`.");
      }
    }
    phase("shutdown", () -> run(() -> vm.shutdown(SHUTDOWN)));
  }

  private LocalImage base(String base) {
    if (Wanted.isLocal(base)) {
      return store.get(base);
    }
    Reference reference = Reference.parse(base);
    return new Transfer(store, repositories, log)
        .pull(reference, Transfer.localName(reference), false);
  }

  private <T> T phase(String name, Supplier<T> work) {
    long start = System.nanoTime();
    try {
      T result = work.get();
      log.say("%s: %.1f s".formatted(name, (System.nanoTime() - start) / 1e9));
      return result;
    } catch (UserError e) {
      boolean late = e instanceof Poll.TimedOut || e.getCause() instanceof Poll.TimedOut;
      throw new UserError(
          "Could not build the image: " + name + ": " + e.getMessage(),
          late ? "See how far the guest came; raise `image.deadlines." + name + "`." : e.remedy(),
          e);
    }
  }

  private static boolean run(Runnable work) {
    work.run();
    return true;
  }

  private Path logFile(String name) throws IOException {
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString().replace(":", "");
    return Files.createDirectories(logs).resolve("image-build-" + name + "-" + time + ".log");
  }

  private static String vmName(String image) {
    return "build-" + image + "-" + ProcessHandle.current().pid();
  }
}
