package dev.bakehouse.cli;

import dev.bakehouse.config.Section;
import dev.bakehouse.config.VmSettings;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.image.Branch;
import dev.bakehouse.image.Checkout;
import dev.bakehouse.image.ImageConfig;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Names;
import dev.bakehouse.image.StoreBudget;
import dev.bakehouse.image.StorePolicy;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.image.Wanted;
import dev.bakehouse.image.Workshop;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.OfferedImage;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Registries;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.Terminal;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.Promoter;
import dev.bakehouse.rollout.RolloutConfig;
import dev.bakehouse.vm.Hypervisors;
import dev.bakehouse.vm.Network;
import dev.bakehouse.vm.Owner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// What all image commands share.
final class ImageOptions {
  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "State directory (default: .bakehouse in the checkout).")
  @Nullable Path state;

  @Option(
      names = "--json",
      description = "Print the result as JSON; messages go to standard error.")
  boolean json;

  @Option(names = "--plain-http", description = "Speak to registries without TLS.")
  boolean plainHttp;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration (default: bakehouse.yml in the checkout, when there is one).")
  @Nullable Path config;

  private @Nullable Log log;

  Checkout checkout() {
    return Checkout.of(Path.of("").toAbsolutePath());
  }

  Path stateDirectory() {
    return state != null
        ? state.toAbsolutePath()
        : host("state", checkout().root().resolve(".bakehouse"));
  }

  /// This host's images, by the hypervisor that is configured.
  Workshop workshop() {
    Path directory = stateDirectory();
    VmSettings vm = VmSettings.read(configuration().section("vm"));
    return Workshop.of(
        Hypervisors.of(vm, directory, Owner.PIPE),
        Network.of(vm),
        slots(),
        directory,
        state != null ? directory.resolve("images") : host("images", directory.resolve("images")),
        this::ruled,
        plainHttp || configuration().section("host").flag("plain-http", false),
        Registries.read(configuration().section("image")),
        log());
  }

  private ImageStore ruled(ImageStore store) {
    Section root = configuration();
    return store.with(
        StorePolicy.ofHost(
            budget(), stateDirectory(), store.root(), OfferedImage.names(root.section("host"))));
  }

  /// What the store may take up.
  StoreBudget budget() {
    return StoreBudget.read(configuration().section("image"));
  }

  private Path host(String key, Path fallback) {
    return configuration()
        .section("host")
        .text(key)
        .map(text -> Path.of(text).toAbsolutePath())
        .orElse(fallback);
  }

  ImageStore store() {
    return workshop().store();
  }

  Repositories repositories() {
    return workshop().repositories();
  }

  Log log() {
    Log made = log;
    if (made == null) {
      made = new Log(System.err, Terminal.showsErrors(), Optional.empty());
      log = made;
    }
    return made;
  }

  /// Lets how far a transfer is be told on standard output where JSON is wanted: a line an event,
  /// the last of which [#done] prints.
  void tellEvents() {
    if (json) {
      log = new Log(System.err, false, Optional.of(System.out));
    }
  }

  /// Prints the result of a command whose events were told.
  void done(Map<String, Object> result, String text) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", "done");
    event.putAll(result);
    print(event, text);
  }

  Transfer transfer() {
    return new Transfer(store(), repositories(), log());
  }

  /// @param release from the command line; else `MACOS_RELEASE`, else the configuration
  ImageConfig imageConfig(@Nullable Integer release) {
    ImageConfig read = ImageConfig.read(configuration().section("image"));
    String variable = System.getenv().getOrDefault("MACOS_RELEASE", "");
    return read.ofRelease(release == null ? variable : release.toString());
  }

  /// How many VMs this host runs at once.
  private int slots() {
    return configuration().section("host").number("slots", 2, 1, 64);
  }

  private Section configuration() {
    Path file = config != null ? config : checkout().root().resolve("bakehouse.yml");
    return config != null || Files.exists(file) ? Yaml.read(file) : Yaml.parse("the defaults", "");
  }

  Wanted wanted(ImageConfig image) {
    Section host = configuration().section("host");
    Optional<Names> given =
        host.text("image-source")
            .map(source -> new Names(host.text("image", "default"), Reference.parse(source)));
    return workshop().wanted(checkout(), image, given);
  }

  RolloutConfig rollout() {
    return RolloutConfig.read(configuration().section("image").section("rollout"));
  }

  /// Where the rollout's document lies.
  Reference rolloutPlace() {
    return rollout()
        .place(
            configuration().section("host").text("image-source"),
            () -> Names.repository(imageConfig(null), checkout().remote()));
  }

  /// One who may change what hosts run.
  ///
  /// @throws UserError in a job of another branch than the default one, and without a key
  Promoter promoter() {
    Map<String, String> environment = System.getenv();
    if (environment.containsKey("BUILDKITE_BRANCH")
        && Branch.of(environment, checkout()) != Branch.MAIN) {
      throw new UserError(
          "A job of another branch than the default one must not change what hosts run",
          "Merge first; or promote by hand, outside a job.");
    }
    String by = System.getProperty("user.name") + "@" + HostSettings.hostName();
    return new Promoter(repositories(), rolloutPlace(), rollout(), environment, by, log());
  }

  /// This host's name, which decides when it is in.
  String hostName() {
    return configuration().section("host").text("name", HostSettings.hostName());
  }

  /// Prints a result: as JSON, or as text for people.
  void print(Object result, String text) {
    System.out.println(json ? new JsonMapper().writeValueAsString(result) : text);
  }

  /// What lies among the images and is none: VMs made with the hypervisor's own tools.
  List<String> foreign(ImageStore store) {
    Set<String> ours =
        Hypervisors.all(stateDirectory()).stream()
            .flatMap(hypervisor -> hypervisor.notImages().stream())
            .collect(Collectors.toSet());
    return store.foreign().stream().filter(name -> !ours.contains(name)).toList();
  }

  /// The same where nothing but images should be.
  List<String> damagedRecords(ImageStore store) {
    VmSettings vm = VmSettings.read(configuration().section("vm"));
    boolean others = Hypervisors.of(vm, stateDirectory(), Owner.PIPE).imageStore().isPresent();
    return others ? List.of() : foreign(store);
  }

  /// An image as JSON shows it.
  static Map<String, Object> shown(LocalImage image) {
    return shown(image, image.bytes(), "");
  }

  /// @param bytes it takes up with all it shares
  /// @param use why it can not be deleted, or nothing
  static Map<String, Object> shown(LocalImage image, long bytes, String use) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", image.name());
    all.put("digest", image.record().digest());
    all.put("content", image.content());
    all.put("identity", image.record().labels().getOrDefault("dev.bakehouse.image.identity", ""));
    all.put("source", image.record().source());
    all.put("created", image.record().created());
    all.put("used", image.used().toString());
    all.put("pinned", image.pinned());
    all.put("use", use);
    all.put("bytes", bytes);
    all.put("path", image.directory().toString());
    return all;
  }
}
