package dev.bakehouse.vm;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/// A template there is.
///
/// @param image what it was made of
/// @param files what it alone takes up on the disk
public record TemplateInfo(String key, BaseImage image, Instant created, List<Path> files) {}
