package dev.bakehouse.job;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.Section;
import dev.bakehouse.config.VmSize;
import dev.bakehouse.config.Yaml;
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
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.HostState;
import dev.bakehouse.vm.Network;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// `bakehouse image ensure` as a job's host command. The job's commit says which image is wanted;
/// its files are only read here, its bootstrap script runs in a VM.
final class HostImage {
  /// What decides where images come from and go to, and so who is shown the host's credentials.
  private static final List<String> OF_THE_HOST =
      List.of("registry", "org", "repo", "base", "base-password-file", "store");

  private final Job job;
  private final HostSettings settings;
  private final PrintStream log;

  HostImage(Job job, HostSettings settings, PrintStream log) {
    this.job = job;
    this.settings = settings;
    this.log = log;
  }

  /// @param command as it stands on the allow-list
  LocalImage ensure(String command, GitMirror mirror, String commit) {
    Request request = Request.of(command, job.text("MACOS_RELEASE"));
    Optional<LocalImage> chosen =
        settings.imageSource().isPresent() || saysWhichImage() || request.forceRefresh()
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
        mirror.export(commit, tree);
        return ensure(request, new Checkout(tree));
      } finally {
        Directories.delete(tree);
      }
    }
  }

  private LocalImage ensure(Request request, Checkout checkout) {
    ImageConfig config = config(checkout).ofRelease(request.release());
    Optional<Names> given =
        settings.imageSource().map(source -> new Names(settings.image(), Reference.parse(source)));
    Workshop workshop =
        Workshop.of(
            Jobs.hypervisor(settings),
            Network.of(settings.vm()),
            settings.slots(),
            settings.state(),
            settings.images(),
            settings::ruled,
            settings.plainHttp(),
            settings.registries(),
            new Log(log));
    Branch branch = Branch.of(job.texts(), checkout);
    Wanted wanted = workshop.wanted(checkout, config, given).of(branch);
    boolean othersRunInIt = given.isPresent() && branch != Branch.MAIN;
    return ready(
        othersRunInIt
            ? workshop.fetch(wanted, request.forceRefresh())
            : workshop.ensure(wanted, branch, request.forceRefresh()));
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

  /// The host's own `image` section, else the commit's, which has no say in where images lie.
  private ImageConfig config(Checkout checkout) {
    if (saysWhichImage()) {
      try {
        return ImageConfig.read(own().section("image"));
      } catch (ConfigError e) {
        throw new UserError(String.valueOf(e.getMessage()), e.remedy(), e);
      }
    }
    Path file = checkout.root().resolve("bakehouse.yml");
    boolean there = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    Section section = read(file, there).section("image");
    for (String key : OF_THE_HOST) {
      if (section.has(key)) {
        throw new ProjectError(
            "The commit's bakehouse.yml names `image." + key + "`, which is the host's to say",
            "Write an `image:` section into " + settings.file() + " on the host.");
      }
    }
    return withinLimit(ImageConfig.read(section));
  }

  private ImageConfig withinLimit(ImageConfig config) {
    ImageConfig.Size size = config.size();
    VmSize most = settings.vm().limit();
    if (size.cpus() > most.cpus()
        || size.memoryMb() > most.memoryMb()
        || size.diskGb() > most.diskGb()) {
      throw new ProjectError(
          "The commit's `image.size` is more than this host gives: %d CPUs, %d MB, %d GB"
              .formatted(most.cpus(), most.memoryMb(), most.diskGb()),
          "Ask for less, or raise `vm.limit` in " + settings.file() + ".");
    }
    return config;
  }

  /// Whether the host's `image` section is about more than the rollout.
  private boolean saysWhichImage() {
    return own().section("image").keys().stream().anyMatch(key -> !key.equals("rollout"));
  }

  private Section own() {
    return read(settings.file(), Files.exists(settings.file()));
  }

  private static Section read(Path file, boolean there) {
    return there ? Yaml.read(file) : Yaml.parse("the defaults", "");
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
