package dev.bakehouse.job;

import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Transfers;
import dev.bakehouse.platform.UserError;

/// The image a host's jobs run in: local, else pulled from where the host's configuration says.
public final class Images {
  private final HostSettings host;
  private final ImageStore store;

  public Images(HostSettings host) {
    this.host = host;
    this.store = new ImageStore(host.images());
  }

  /// @throws UserError when it is neither local nor to be had
  public LocalImage ensure(java.util.function.Consumer<String> progress) {
    return store.find(host.image()).orElseGet(() -> pull(progress));
  }

  private LocalImage pull(java.util.function.Consumer<String> progress) {
    String source =
        host.imageSource()
            .orElseThrow(
                () ->
                    new UserError(
                        "There is no image `" + host.image() + "` in " + store.root() + " and no `host.image-source` to pull it from",
                        "Run `bakehouse image ensure`, or name a source in " + host.file() + "."));
    Repositories repositories =
        new Repositories(Credentials.standard(), host.plainHttp(), store.root().resolve(".work"));
    return new Transfer(store, repositories, Log.to(progress)).pull(Reference.parse(source), host.image(), false);
  }
}
