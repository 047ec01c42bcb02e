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
import dev.bakehouse.vm.Hypervisor;
import java.io.PrintStream;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// The image a host's jobs run in: local, else pulled from where the host's configuration says.
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
      Optional<ImageLease> lease = store.lease(host.image(), what, this::find);
      if (lease.isPresent()) {
        store.find(host.image()).ifPresent(image -> store.touch(image.name()));
        return lease.get();
      }
      if (round > ROUNDS) {
        throw new UserError(
            "The image " + host.image() + " is pruned as soon as it is here",
            "Raise `image.store.budget-gb` in " + host.file() + ", or free space.");
      }
      pull(log);
    }
  }

  /// An image the hypervisor keeps itself need not have come from a store.
  Optional<LocalImage> find() {
    return hypervisor
        .image(host.image())
        .map(
            own ->
                new LocalImage(
                    own.name(),
                    own.directory(),
                    new ImageRecord("", own.digest(), Map.of(), "", hypervisor.name()),
                    false,
                    Instant.now()))
        .or(() -> store.find(host.image()));
  }

  private void pull(PrintStream log) {
    String source =
        host.imageSource()
            .orElseThrow(
                () ->
                    new UserError(
                        "There is no image `"
                            + host.image()
                            + "` in "
                            + store.root()
                            + " and no `host.image-source` to pull it from",
                        "Run `bakehouse image ensure`, or name a source in " + host.file() + "."));
    Log lines = new Log(log);
    Repositories repositories =
        new Repositories(
            Credentials.ofProcess(),
            host.plainHttp(),
            store.work().resolve("upload"),
            host.registries(),
            new MirrorHealth(lines::say));
    LocalImage _ =
        new Transfer(store, repositories, lines).pull(Reference.parse(source), host.image(), false);
  }
}
