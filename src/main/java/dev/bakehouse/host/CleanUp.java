package dev.bakehouse.host;

import dev.bakehouse.image.History;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Needed;
import dev.bakehouse.image.Prune;
import dev.bakehouse.job.EvidenceShelf;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.job.Machines;
import dev.bakehouse.job.OfferedImage;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.TemplateInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/// Deletes images that this host pulled by itself and that nothing has needed for some time, and
/// before them the templates of images that no job will start from any more. What people pulled,
/// built or pinned is theirs. Evidence of failed jobs goes beside that, see [EvidenceShelf].
final class CleanUp {
  private static final Duration EVERY = Duration.ofHours(1);

  /// Who pulls without being asked by a person.
  private static final Set<String> OWN = Set.of("host run", "job bootstrap");

  private final HostSettings host;
  private final Hypervisor hypervisor;
  private final Duration age;
  private final Consumer<String> say;

  /// @param age how long an image was not used
  CleanUp(HostSettings host, Hypervisor hypervisor, Duration age, Consumer<String> say) {
    this.host = host;
    this.hypervisor = hypervisor;
    this.age = age;
    this.say = say;
  }

  /// Does it from time to time: of images, if the host is to.
  static void start(
      HostSettings host, Hypervisor hypervisor, Consumer<String> say, CountDownLatch stop) {
    List<Repeat.Work> passes = new ArrayList<>(List.of(new EvidenceShelf(host)::prune));
    host.operations()
        .cleanUp()
        .map(age -> new CleanUp(host, hypervisor, age, say))
        .ifPresent(cleanUp -> passes.add(cleanUp::pass));
    for (Repeat.Work pass : passes) {
      Repeat repeat = new Repeat("a pass", line -> say.accept("Clean-up: " + line), pass);
      Thread _ = Threads.start(() -> repeat.until(stop, () -> EVERY));
    }
  }

  /// @return names of the images that went
  List<String> pass() {
    Images images = new Images(host);
    ImageStore store = images.store();
    templates(images);
    Set<String> own = pulledHere(store.history());
    Needed people =
        image ->
            own.contains(image.name())
                ? Optional.empty()
                : Optional.of("it was not pulled by the daemon");
    List<String> gone =
        new Prune(Optional.of(age), Optional.empty()).run(store.needing(people)).images();
    gone.forEach(name -> say.accept("deleted the outdated image " + name));
    return gone;
  }

  /// Names of images whose last arrival was by this program's own doing, and that nobody else asked
  /// for since.
  private static Set<String> pulledHere(History history) {
    Set<String> own = new HashSet<>();
    for (History.Event event : history.read()) {
      switch (event.what()) {
        case "pulled" -> {
          if (ours(event)) {
            own.add(event.image());
          } else {
            own.remove(event.image());
          }
        }
        case "found" -> {
          if (!ours(event)) {
            own.remove(event.image());
          }
        }
        case "built", "imported", "tagged" -> own.remove(event.image());
        default -> {}
      }
    }
    return own;
  }

  private static boolean ours(History.Event event) {
    return OWN.contains(event.by().substring(event.by().indexOf(": ") + 2));
  }

  /// Templates of contents that no image has which jobs use, or which is pinned: those of a rollout
  /// that may be taken back are.
  private void templates(Images images) {
    Set<String> used = new HashSet<>();
    for (OfferedImage offered : host.offered()) {
      Images those = new Images(host.withImage(offered.name()));
      those.here().map(LocalImage::content).ifPresent(used::add);
    }
    images.store().list().stream()
        .filter(LocalImage::pinned)
        .map(LocalImage::content)
        .forEach(used::add);
    for (TemplateInfo template : hypervisor.templates()) {
      if (Machines.made(template.key(), template.image())
          && !used.contains(template.image().digest())) {
        hypervisor.deleteTemplate(template.key());
        say.accept("deleted the template of the outdated image " + template.image().name());
      }
    }
  }
}
