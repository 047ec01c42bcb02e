package dev.bakehouse.job;

import dev.bakehouse.image.ImageLease;
import dev.bakehouse.image.ImageRecord;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.MirrorHealth;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.HostState.InForce;
import dev.bakehouse.rollout.StateFile;
import dev.bakehouse.vm.Hypervisor;
import java.io.PrintStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The image a host's jobs run in: the one the rollout put in force, else the configured one;
/// local, else pulled.
public final class Images {
  private static final int ROUNDS = 3;

  private final HostSettings host;
  private final Hypervisor hypervisor;
  private final ImageStore store;

  public Images(HostSettings host) {
    this.host = host;
    this.hypervisor = Jobs.hypervisor(host);
    this.store = host.ruled(ImageStore.of(hypervisor, host.images()));
  }

  /// The right to use the image: it stays until closed, whoever makes room meanwhile.
  ///
  /// @param what it is used for, for people
  /// @throws UserError when it is neither local nor to be had
  public ImageLease lease(String what, PrintStream log) {
    for (int round = 1; ; round++) {
      String name = name();
      Optional<ImageLease> lease = store.lease(name, what, () -> find(name));
      if (lease.isPresent()) {
        store.find(name).ifPresent(image -> store.touch(image.name()));
        return lease.get();
      }
      if (round > ROUNDS) {
        throw new UserError(
            "The image " + name + " is pruned as soon as it is here",
            "Raise `image.store.budget-gb` in " + host.file() + ", or free space.");
      }
      LocalImage _ = pull(log, false);
    }
  }

  /// What the rollout put in force on a host, when it follows one.
  static Optional<InForce> inForce(HostSettings host) {
    return host.rolloutPlace().isEmpty()
        ? Optional.empty()
        : new StateFile(host.state()).load().inForce();
  }

  /// The store images are kept in.
  public ImageStore store() {
    return store;
  }

  /// The way to where images come from.
  public Repositories repositories(Log log) {
    return new Repositories(
        Credentials.ofProcess(),
        host.plainHttp(),
        store.work().resolve("upload"),
        host.registries(),
        new MirrorHealth(log::say));
  }

  /// The image jobs run in now, if it is here.
  public Optional<LocalImage> here() {
    return find(name());
  }

  /// Its local name.
  public String name() {
    return inForce(host).map(InForce::name).orElseGet(this::configured);
  }

  /// Where none is configured and there is but one, it is that.
  private String configured() {
    boolean none = host.image().equals(HostSettings.DEFAULT_IMAGE) && host.imageSource().isEmpty();
    List<LocalImage> all = none ? store.list() : List.of();
    return all.size() == 1 ? all.getFirst().name() : host.image();
  }

  /// An image the hypervisor keeps itself need not have come from a store.
  private Optional<LocalImage> find(String name) {
    return hypervisor
        .image(name)
        .map(
            own ->
                new LocalImage(
                    own.name(),
                    own.directory(),
                    new ImageRecord("", own.digest(), Map.of(), "", hypervisor.name()),
                    false,
                    Instant.now()))
        .or(() -> store.find(name));
  }

  /// Where the image would come from; empty when nobody said.
  public Optional<String> source() {
    return inForce(host).map(InForce::reference).or(host::imageSource);
  }

  /// Brings it here.
  ///
  /// @param force also what is here, and whole by its record
  /// @throws UserError when it is not to be had
  public LocalImage pull(PrintStream log, boolean force) {
    String name = name();
    String source =
        source()
            .orElseThrow(
                () ->
                    new UserError(
                        "There is no image `"
                            + name
                            + "` in "
                            + store.root()
                            + " and no `host.image-source` to pull it from",
                        "Run `bakehouse image ensure`, or name a source in " + host.file() + "."));
    Log lines = new Log(log);
    return new Transfer(store, repositories(lines), lines)
        .pull(Reference.parse(source), name, force);
  }
}
