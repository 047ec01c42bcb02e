package dev.bakehouse.image;

import dev.bakehouse.oci.Repositories;
import java.util.List;

/// Pushes what was built to the registry.
final class Publish {
  private final ImageStore store;
  private final Repositories repositories;
  private final Log log;

  Publish(ImageStore store, Repositories repositories, Log log) {
    this.store = store;
    this.repositories = repositories;
    this.log = log;
  }

  /// Pushes the wanted image to the tags this branch may write; says so when there are none, or
  /// nothing to push with.
  void run(Wanted wanted, Branch branch) {
    Names names = wanted.names();
    if (wanted.given()) {
      log.say("push skipped: " + names.remote() + " (`host.image-source`) is only read from");
      return;
    }
    List<String> tags = names.tags(branch, wanted.identity().hex());
    if (tags.isEmpty()) {
      log.say("push skipped: builds of forks write no images");
      return;
    }
    if (!repositories.hasCredentials(names.remote())) {
      log.say("push skipped: no credentials for " + names.remote());
      return;
    }
    new Transfer(store, repositories, log).push(names.local(), names.remote(), tags);
  }
}
