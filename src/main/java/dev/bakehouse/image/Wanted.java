package dev.bakehouse.image;

import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import dev.bakehouse.oci.RegistryError;
import dev.bakehouse.oci.Repositories;
import java.util.Optional;
import java.util.function.Supplier;

/// The image a checkout asks for, resolved once.
///
/// @param given the names are an operator's choice: what the image is made from is not asked, and
///   nothing is pushed there
public record Wanted(
    Checkout checkout,
    ImageConfig config,
    Version version,
    Names names,
    boolean given,
    Identity identity) {
  static Wanted of(
      Checkout checkout,
      ImageConfig config,
      Optional<Names> given,
      ImageStore store,
      Repositories repositories,
      Log log) {
    Version version =
        given.isPresent()
            ? Version.find(checkout).orElse(new Version("none", "nothing"))
            : Version.of(checkout);
    Names names = given.orElseGet(() -> Names.of(config, version, checkout.remote()));
    Supplier<Optional<String>> base =
        () ->
            given.isPresent()
                ? Optional.empty()
                : baseDigest(config.baseName(), store, repositories, log);
    Identity identity =
        Identity.of(checkout.root(), base, config.bootstrapScript(), config.inputs());
    return new Wanted(checkout, config, version, names, given.isPresent(), identity);
  }

  /// What a build of a branch may make here: only the default branch's has the plain local name,
  /// for other jobs run in that image.
  public Wanted of(Branch branch) {
    return branch == Branch.MAIN || given
        ? this
        : new Wanted(checkout, config, version, names.apart(identity.hex()), false, identity);
  }

  /// Whether a base is the name of an image in the store, not a reference.
  static boolean isLocal(String base) {
    return !base.contains("/") && !base.startsWith("oci:");
  }

  /// A base in the store stands for its content, one elsewhere for its manifest's digest, the last
  /// one seen when nobody answers.
  private static Optional<String> baseDigest(
      String base, ImageStore store, Repositories repositories, Log log) {
    if (isLocal(base)) {
      return store.find(base).map(LocalImage::content);
    }
    Reference reference = Reference.parse(base);
    try {
      return repositories.open(reference).head(reference.selector()).map(Digest::toString);
    } catch (RegistryError e) {
      Optional<String> seen =
          store
              .find(Transfer.localName(reference))
              .map(image -> image.record().digest())
              .filter(digest -> !digest.isEmpty());
      log.say("base: " + e.getMessage() + seen.map(d -> "; the local copy has " + d).orElse(""));
      return seen;
    }
  }
}
