package dev.bakehouse.vm;

import java.nio.file.Path;

/// A VM suspended at its ready point, to resume any number of clones from. Immutable.
public record Template(String key, Path directory) {}
