package dev.bakehouse.buildkite;

import org.jspecify.annotations.Nullable;

/// A note on a build as the REST API tells it.
///
/// @param style `success`, `info`, `warning`, `error`
public record AnnotationInfo(
    @Nullable String id,
    @Nullable String context,
    @Nullable String style,
    @Nullable String bodyHtml) {}
