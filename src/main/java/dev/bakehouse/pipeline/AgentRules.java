package dev.bakehouse.pipeline;

/// Tags by which a step finds a host that has its image; `docs/pipelines.md` tells who sets them.
final class AgentRules {
  /// `true` on hosts whose image is ready.
  static final String READY = "vm-ready";

  /// The name of the image that is ready.
  static final String IMAGE = "vm-image";

  /// The host's own name.
  static final String HOST = "host";

  private AgentRules() {}
}
