package dev.bakehouse.job;

import dev.bakehouse.image.Branch;
import dev.bakehouse.image.Checkout;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Wanted;
import dev.bakehouse.image.Workshop;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.rollout.Promoter;
import dev.bakehouse.rollout.Refresh;
import java.nio.file.Path;
import java.util.Optional;

/// A refresh of the image by a host itself: what it is made from is said by the default branch of
/// `image.refresh.repository`.
public final class ImageRefresh {
  private final HostSettings settings;
  private final Log log;
  private final Promoter promoter;

  /// @throws UserError when there is no key to sign with
  public ImageRefresh(HostSettings settings, Log log) {
    this.settings = settings;
    this.log = log;
    this.promoter =
        new Promoter(
            new Images(settings).repositories(log),
            settings.rolloutPlace().orElseThrow(),
            settings.rollout(),
            System.getenv(),
            "daemon@" + settings.name(),
            log);
  }

  /// One pass. It is begun again as it was left, however it ended.
  public Refresh.Report pass() {
    GitMirror mirror =
        GitMirror.of(settings.state().resolve("mirrors"), settings.refresh().repository());
    mirror.ensure("HEAD", "");
    String tip =
        mirror
            .resolve("HEAD")
            .orElseThrow(
                () ->
                    new UserError(
                        "Could not tell the default branch of " + mirror.url(),
                        "Does it have a commit? See `image.refresh.repository`."));
    Path tree = Directories.makePrivate(settings.state().resolve("checkouts")).resolve("refresh");
    Directories.delete(tree);
    try {
      mirror.files(tip).export(tree);
      Workshop workshop = new ProjectImage(settings, log).workshop();
      return new Refresh(
              workshop, promoter, settings.rollout(), settings.name(), settings.state(), log)
          .pass(wanted(workshop, new Checkout(tree)));
    } finally {
      Directories.delete(tree);
    }
  }

  private Wanted wanted(Workshop workshop, Checkout checkout) {
    return workshop
        .wanted(checkout, new ProjectImage(settings, log).config(checkout), Optional.empty())
        .of(Branch.MAIN);
  }
}
