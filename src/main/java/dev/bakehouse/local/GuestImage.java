package dev.bakehouse.local;

import dev.bakehouse.guest.GuestProgram;
import dev.bakehouse.image.DebianImage;
import dev.bakehouse.image.DebianRecipe;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.image.Log;
import dev.bakehouse.image.Transfer;
import dev.bakehouse.oci.Credentials;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.Repositories;
import dev.bakehouse.platform.Digests;
import dev.bakehouse.platform.Directories;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The Linux guest image of this machine's builds: made once, pushed to an image layout that every
/// host pulls from.
public final class GuestImage {
  /// Its local name and its tag in the layout.
  public static final String NAME = "bakehouse-debian-12";

  private static final String RECIPE = "dev.bakehouse.image.recipe";

  private final Path state;
  private final PrintStream out;

  public GuestImage(Path state, PrintStream out) {
    this.state = state;
    this.out = out;
  }

  /// Makes the image and pushes it, unless one of the same recipe is there.
  ///
  /// @param agent the `buildkite-agent` program for Linux guests
  /// @param zig directory of a Zig distribution
  /// @return reference hosts pull from
  public String ensure(Path agent, Path zig) {
    DebianRecipe recipe =
        DebianRecipe.base()
            .packages("gcc", "g++", "cmake", "ninja-build", "ccache")
            .stage(agent, "/usr/local/bin/buildkite-agent")
            .stage(zig, "/opt/zig")
            .link("/usr/local/bin/zig", "/opt/zig/zig")
            .diskGb(4);
    ImageStore store = new ImageStore(state.resolve("images"));
    String wanted = fingerprint(recipe);
    Optional<LocalImage> there =
        store.find(NAME).filter(i -> wanted.equals(i.record().labels().get(RECIPE)));
    String reference = "oci:" + state.resolve("registry") + ":" + NAME;
    if (there.isPresent() && Files.exists(state.resolve("registry/index.json"))) {
      out.println("guest image " + NAME + " is there (" + there.get().bytes() / 1_000_000 + " MB)");
      return reference;
    }
    if (there.isEmpty()) {
      make(store, recipe, wanted);
    }
    Repositories repositories =
        new Repositories(Credentials.ofProcess(), false, state.resolve("images/.work"));
    new Transfer(store, repositories, new Log(out))
        .push(NAME, Reference.parse(reference), List.of(NAME));
    return reference;
  }

  private void make(ImageStore store, DebianRecipe recipe, String wanted) {
    Path draft = state.resolve("image-build");
    Directories.delete(draft);
    Directories.makePrivate(state);
    try (Stages stages = new Stages(out, "the image takes three to five minutes in all")) {
      DebianImage.build(recipe, draft, stages::begin);
    }
    store.adopt(NAME, draft, Map.of(RECIPE, wanted), "debian");
    Directories.delete(draft);
  }

  private static String fingerprint(DebianRecipe recipe) {
    MessageDigest digest = Digests.sha256();
    digest.update(GuestProgram.bytes());
    digest.update(recipe.packages().toString().getBytes(StandardCharsets.UTF_8));
    recipe.staged().forEach(s -> digest.update(s.guest().getBytes(StandardCharsets.UTF_8)));
    digest.update((Tools.AGENT + Tools.ZIG + recipe.diskGb()).getBytes(StandardCharsets.UTF_8));
    return Digests.hex(digest).substring(0, 32);
  }
}
