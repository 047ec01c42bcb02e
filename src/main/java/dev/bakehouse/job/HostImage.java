package dev.bakehouse.job;

import dev.bakehouse.image.Branch;
import dev.bakehouse.image.Checkout;
import dev.bakehouse.image.ImageConfig;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Names;
import dev.bakehouse.image.ProjectError;
import dev.bakehouse.image.Wanted;
import dev.bakehouse.image.Workshop;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.rollout.HostState;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// `bakehouse image ensure` as a job's host command. The job's commit says which image is wanted;
/// its files are only read here, its bootstrap script runs in a VM.
final class HostImage {
  private final Job job;
  private final HostSettings settings;
  private final PrintStream log;
  private final ProjectImage project;

  HostImage(Job job, HostSettings settings, PrintStream log) {
    this.job = job;
    this.settings = settings;
    this.log = log;
    this.project = new ProjectImage(settings, new Log(log));
  }

  /// @param command as it stands on the allow-list
  LocalImage ensure(String command, CommitFiles files) {
    Request request = Request.of(command, job.text("MACOS_RELEASE"));
    Optional<LocalImage> chosen =
        settings.imageSource().isPresent() || project.saidByHost() || request.forceRefresh()
            ? Optional.empty()
            : new Images(settings).here();
    if (chosen.isPresent()) {
      log.println("the host names an image (`host.image`), and nowhere to get another from");
      return ready(chosen.get());
    }
    Path place = settings.state().resolve("checkouts");
    Directories.makePrivate(place);
    String name = job.text("BUILDKITE_AGENT_NAME").replaceAll("[^A-Za-z0-9-]", "-");
    Path tree = place.resolve("image-" + name);
    try (ExclusiveLock _ = ExclusiveLock.on(place.resolve("image-" + name + ".lock"))) {
      Directories.delete(tree);
      try {
        files.export(tree);
        return ensure(request, new Checkout(tree));
      } finally {
        Directories.delete(tree);
      }
    }
  }

  private LocalImage ensure(Request request, Checkout checkout) {
    ImageConfig config = project.config(checkout).ofRelease(request.release());
    Optional<Names> given =
        settings.imageSource().map(source -> new Names(settings.image(), Reference.parse(source)));
    Workshop workshop = project.workshop();
    Branch branch = Branch.of(job.texts(), checkout);
    Wanted wanted = workshop.wanted(checkout, config, given).of(branch);
    boolean othersRunInIt = given.isPresent() && branch != Branch.MAIN;
    LocalImage image =
        othersRunInIt
            ? workshop.fetch(wanted, request.forceRefresh())
            : workshop.ensure(wanted, branch, request.forceRefresh());
    workshop.insistPublished(job.text(Workshop.PUBLISH), wanted, branch, image);
    return ready(image);
  }

  private LocalImage ready(LocalImage image) {
    log.println("image " + image.name() + " is here (" + image.content() + ")");
    Optional<String> inForce = Images.inForce(settings).map(HostState.InForce::name);
    if (inForce.isPresent()) {
      log.println("jobs of this host run in `" + inForce.get() + "` (the rollout's)");
    } else if (!image.name().equals(settings.image())) {
      log.println("jobs of this host run in `" + settings.image() + "` (`host.image`)");
    }
    return image;
  }

  /// What a command line asks for.
  private record Request(boolean forceRefresh, String release) {
    static Request of(String command, String release) {
      boolean force = false;
      String wish = release;
      List<String> words = List.of(command.split("\\s+"));
      for (String word : words.subList(command.startsWith("bakehouse ") ? 3 : 1, words.size())) {
        if (word.equals("--force-refresh")) {
          force = true;
        } else if (word.startsWith("--release=")) {
          wish = word.substring("--release=".length());
        } else {
          throw new ProjectError(
              "`" + word + "` is no option of `image ensure` in a job",
              "Use --force-refresh or --release=13, 14 or 15.");
        }
      }
      return new Request(force, wish);
    }
  }
}
