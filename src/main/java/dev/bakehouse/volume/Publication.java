package dev.bakehouse.volume;

import java.util.List;
import tools.jackson.databind.JsonNode;

/// A generation on its way to the store: a wire record, `publication.json` beside its files.
///
/// @param layers names of its files, the lowest first
/// @param about what whoever publishes it must know, in a form of theirs
public record Publication(VolumeKey key, List<String> layers, JsonNode about) {}
