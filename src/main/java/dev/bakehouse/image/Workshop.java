package dev.bakehouse.image;

import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.MirrorHealth;
import dev.bakehouse.oci.Registries;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.oci.Repository;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Network;
import dev.bakehouse.vm.Reaper;
import dev.bakehouse.vm.Slots;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// Where one host gets and makes its images: by hand and in a job's host command alike.
///
/// @param vms take the host's slots
/// @param logs where builds leave the output of bootstrap scripts
public record Workshop(
    ImageStore store, Repositories repositories, BuildVm.Maker vms, Path logs, Log log) {
  /// The variable that image steps of a build with `[publish images]` get.
  public static final String PUBLISH = "BAKEHOUSE_PUBLISH_IMAGES";

  /// @param network of the VMs that images are built in
  /// @param rules gives the store the host's policy
  /// @param images the store's directory, unless the hypervisor keeps images itself
  /// @param registries what is configured for each host of images
  public static Workshop of(
      Hypervisor hypervisor,
      Network network,
      int slots,
      Path state,
      Path images,
      UnaryOperator<ImageStore> rules,
      boolean plainHttp,
      Registries registries,
      Log log) {
    ImageStore store = rules.apply(ImageStore.of(hypervisor, images));
    Repositories repositories =
        new Repositories(
            Credentials.ofProcess(),
            plainHttp,
            store.work().resolve("upload"),
            registries,
            new MirrorHealth(log::say));
    BuildVm.Maker vms =
        (name, base, config) -> {
          Reaper reaper = new Reaper(state, List.of(hypervisor));
          Slots all = new Slots(state.resolve("slots"), slots, reaper);
          return GuestBuildVm.maker(hypervisor, network, all, state, log::say)
              .create(name, base, config);
        };
    return new Workshop(store, repositories, vms, state.resolve("logs"), log);
  }

  /// Resolves what a checkout asks for.
  ///
  /// @param given the names of an image its operator chose, whatever it is made from
  public Wanted wanted(Checkout checkout, ImageConfig config, Optional<Names> given) {
    return Wanted.of(checkout, config, given, store, repositories, log);
  }

  /// Registry first, then what is here, then a build, which is pushed where the branch may.
  ///
  /// @param forceRefresh the local copy counts as absent
  public LocalImage ensure(Wanted wanted, Branch branch, boolean forceRefresh) {
    new StoreCheck(store.root(), log).run();
    return new Ensure(store, repositories, log)
        .run(wanted, branch, forceRefresh, () -> made(wanted, branch));
  }

  /// Fails where a build asks for images to be published (`BAKEHOUSE_PUBLISH_IMAGES=true`) and the
  /// registry does not have this one.
  ///
  /// @param asked the variable's value; empty when it is not set
  /// @param image what [#ensure] or [#fetch] gave
  public void insistPublished(String asked, Wanted wanted, Branch branch, LocalImage image) {
    if (asked.equals("true")) {
      new Publish(store, repositories, log).insist(wanted, branch, image);
    }
  }

  /// How the image here and those in the registry differ from the wanted one.
  public List<Difference> explain(Wanted wanted, Branch branch) {
    return new Ensure(store, repositories, log).explain(wanted, branch);
  }

  /// Registry first, then what is here; nothing is built.
  public LocalImage fetch(Wanted wanted, boolean forceRefresh) {
    new StoreCheck(store.root(), log).run();
    return new Ensure(store, repositories, log)
        .run(
            wanted,
            Branch.OTHER,
            forceRefresh,
            () -> {
              throw new ProjectError(
                  "There is no image "
                      + wanted.names().remote()
                      + ", and this branch may not make it",
                  "All jobs of the host run in it: let the default branch's build make it.");
            });
  }

  /// Builds, publishes here and pushes.
  public LocalImage build(Wanted wanted, Branch branch) {
    new StoreCheck(store.root(), log).run();
    return made(wanted, branch);
  }

  /// An image to be tried: under a name of its own here, and in the registry under a tag that
  /// nobody takes for the default branch's. What an earlier try got done is not done again.
  public LocalImage candidate(Wanted wanted) {
    new StoreCheck(store.root(), log).run();
    Wanted apart = wanted.of(Branch.OTHER);
    Build build = new Build(store, repositories, vms, logs, log);
    LocalImage image =
        new Ensure(store, repositories, log)
            .fetch(apart, Branch.MAIN, () -> build.run(apart, Branch.MAIN));
    Repository repository = repositories.open(wanted.names().remote());
    String digest = image.record().digest();
    if (digest.isEmpty() || repository.head(digest).isEmpty()) {
      List<String> tags = wanted.names().tags(Branch.OTHER, wanted.identity().hex());
      Digest _ =
          new Transfer(store, repositories, log).push(image.name(), wanted.names().remote(), tags);
    }
    return store.get(image.name());
  }

  /// Tries an image in a fresh VM.
  ///
  /// @throws ProjectError when the image is at fault
  public void smoke(LocalImage image, ImageConfig config) {
    new Smoke(vms, logs, log).run(image, config);
  }

  /// Gives an image the tags of the default branch, where they do not carry its identity already.
  public void release(Wanted wanted, Digest digest) {
    new RegistryTags(repositories, log).write(wanted, Branch.MAIN, digest);
  }

  private LocalImage made(Wanted wanted, Branch branch) {
    Build build = new Build(store, repositories, vms, logs, log);
    LocalImage image = build.run(wanted, branch);
    new Publish(store, repositories, log).run(wanted, branch);
    return store.get(image.name());
  }
}
