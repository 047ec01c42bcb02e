package dev.bakehouse.image;

import dev.bakehouse.config.Section;

/// When an image is built from the one before instead of the base.
///
/// @param wanted `image.incremental`, or `--from-previous`
/// @param rerunnable `image.bootstrap-rerunnable`: the whole bootstrap script may run again in an
///   image in which an earlier form of it ran, whatever changed in it or in the inputs
/// @param limit how many images in a row may be built so; then one is built from the base again
public record Incremental(boolean wanted, boolean rerunnable, int limit) {
  static Incremental read(Section section) {
    return new Incremental(
        section.flag("incremental", false),
        section.flag("bootstrap-rerunnable", false),
        section.number("incremental-limit", 10, 1, 1000));
  }
}
