package dev.bakehouse.job;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.Section;
import dev.bakehouse.config.VmSize;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.image.Checkout;
import dev.bakehouse.image.ImageConfig;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.ProjectError;
import dev.bakehouse.image.Workshop;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Network;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/// The image that a commit asks for, as far as a host lets it have a say.
final class ProjectImage {
  /// What decides where images come from and go to, and so who is shown the host's credentials.
  private static final List<String> OF_THE_HOST =
      List.of("registry", "org", "repo", "base", "base-password-file", "store");

  /// Keys of a host's `image` section that do not say which image is wanted.
  private static final List<String> HOUSEKEEPING =
      List.of("rollout", "refresh", "store", "mirrors", "upload-chunks");

  private final HostSettings settings;
  private final Log log;

  ProjectImage(HostSettings settings, Log log) {
    this.settings = settings;
    this.log = log;
  }

  Workshop workshop() {
    return Workshop.of(
        Jobs.hypervisor(settings),
        Network.of(settings.vm()),
        settings.slots(),
        settings.state(),
        settings.images(),
        settings::ruled,
        settings.plainHttp(),
        settings.registries(),
        log);
  }

  /// The host's own `image` section, else the commit's, which has no say in where images lie.
  ImageConfig config(Checkout checkout) {
    if (saidByHost()) {
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

  /// Whether the host's `image` section is about which image is wanted.
  boolean saidByHost() {
    return !HOUSEKEEPING.containsAll(own().section("image").keys());
  }

  private Section own() {
    return read(settings.file(), Files.exists(settings.file()));
  }

  private static Section read(Path file, boolean there) {
    return there ? Yaml.read(file) : Yaml.parse("the defaults", "");
  }
}
