package dev.bakehouse.pipeline;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What a target is built and tested by. A step's key is the target's, a dash and [#suffix].
public enum StepKind {
  VENDOR("build-vendor", 30, 1),
  CPP("build-cpp", 60, 1),
  ZIG("build-zig", 35, 1),
  LINK("build-bun", 30, 1),
  TEST("test-bun", 30, 2);

  private final String suffix;
  private final int timeout;
  private final int parallelism;

  StepKind(String suffix, int timeout, int parallelism) {
    this.suffix = suffix;
    this.timeout = timeout;
    this.parallelism = parallelism;
  }

  public String suffix() {
    return suffix;
  }

  /// The key of this kind below `pipeline.steps`.
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Minutes a step may take unless the configuration says otherwise.
  int timeout() {
    return timeout;
  }

  /// Jobs that share the step unless the configuration says otherwise.
  int parallelism() {
    return parallelism;
  }

  /// What the build system needs to know of the step; the configuration may override it.
  Map<String, String> env() {
    return switch (this) {
      case CPP -> Map.of("BUN_CPP_ONLY", "ON");
      case LINK -> Map.of("BUN_LINK_ONLY", "ON");
      case VENDOR, ZIG, TEST -> Map.of();
    };
  }

  /// The kinds whose products this one takes, as far as the pipeline has them.
  List<StepKind> after() {
    return switch (this) {
      case VENDOR, CPP, ZIG -> List.of();
      case LINK -> List.of(VENDOR, CPP, ZIG);
      case TEST -> List.of(LINK);
    };
  }
}
