package dev.bakehouse.volume;

import java.util.List;
import java.util.Map;

/// A generation on its way to the store: a wire record, `publication.json` beside its files.
///
/// @param layers names of its files, the lowest first
/// @param about what whoever publishes it must know
public record Publication(VolumeKey key, List<String> layers, Map<String, String> about) {}
