package dev.bakehouse.job;

import dev.bakehouse.image.ImageRecord;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Credentials;
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
  private final HostSettings host;
  private final Hypervisor hypervisor;
  private final ImageStore store;

  public Images(HostSettings host) {
    this.host = host;
    this.hypervisor = Jobs.hypervisor(host);
    this.store = ImageStore.of(hypervisor, host.images());
  }

  /// @throws UserError when it is neither local nor to be had
  public LocalImage ensure(PrintStream log) {
    return find()
        .orElseGet(
            () -> {
              LocalImage pulled = pull(log);
              return find().orElse(pulled);
            });
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

  private LocalImage pull(PrintStream log) {
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
    Repositories repositories =
        new Repositories(Credentials.ofProcess(), host.plainHttp(), store.work().resolve("upload"));
    return new Transfer(store, repositories, new Log(log))
        .pull(Reference.parse(source), host.image(), false);
  }
}
