package dev.bakehouse.rollout;

import dev.bakehouse.config.ConfigError;
import dev.bakehouse.config.Section;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The part `rollout:` of the `image:` section.
///
/// @param repository the images and the document lie in; the image's own when absent
/// @param keyFile private key; only promoters have one
/// @param publicKeys whose documents hosts accept; a host follows no rollout without one. Several
///   while keys are changed
/// @param poll how often a host asks
/// @param step how long `image refresh` stays at one percentage
public record RolloutConfig(
    Optional<String> repository,
    Optional<Path> keyFile,
    List<String> publicKeys,
    Duration poll,
    Duration step) {
  /// Names the private key for one process.
  public static final String KEY_VARIABLE = "BAKEHOUSE_ROLLOUT_KEY_FILE";

  public static RolloutConfig read(Section section) {
    RolloutConfig config =
        new RolloutConfig(
            section.text("repository"),
            section.text("key-file").map(Path::of),
            section.texts("public-key", List.of()),
            Duration.ofSeconds(section.number("poll-seconds", 300, 1, 86_400)),
            Duration.ofMinutes(section.number("step-minutes", 60, 0, 10_080)));
    section.close();
    try {
      List<PublicKey> _ = config.keys();
      config.repository().ifPresent(Reference::parse);
    } catch (ConfigError e) {
      throw e;
    } catch (UserError e) {
      throw section.error(null, "can not be used: " + e.getMessage(), e.remedy());
    }
    return config;
  }

  /// Whether there is a rollout to follow.
  public boolean followed() {
    return !publicKeys.isEmpty();
  }

  /// Where the document is.
  ///
  /// @param source the reference a host gets its image from
  /// @param named the image's own repository
  public Reference place(Optional<String> source, Supplier<Reference> named) {
    return repository.or(() -> source).map(Reference::parse).orElseGet(named).with(Board.TAG);
  }

  /// @throws UserError when there is none: a document that nobody can verify is not believed
  List<PublicKey> keys() {
    return publicKeys.stream().map(Keys::parse).toList();
  }

  /// @param environment of this process
  PrivateKey key(Map<String, String> environment) {
    String variable = environment.getOrDefault(KEY_VARIABLE, "");
    Path file =
        (variable.isEmpty() ? keyFile : Optional.of(Path.of(variable)))
            .orElseThrow(
                () ->
                    new UserError(
                        "There is no key to sign the rollout with",
                        "Name it with `image.rollout.key-file` or "
                            + KEY_VARIABLE
                            + "; `bakehouse image rollout keygen` makes one."));
    return Keys.load(file);
  }
}
