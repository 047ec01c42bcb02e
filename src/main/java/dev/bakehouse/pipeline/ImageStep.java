package dev.bakehouse.pipeline;

import dev.bakehouse.pipeline.GeneratedPipeline.Automatic;
import dev.bakehouse.pipeline.GeneratedPipeline.Manual;
import dev.bakehouse.pipeline.GeneratedPipeline.Retry;
import java.util.List;
import java.util.regex.Pattern;

/// The step that prepares a VM image.
final class ImageStep {
  static final String COMMAND = "bakehouse image ensure";
  static final int TIMEOUT = 180;

  /// How agents report a failure of the machinery, not of the work.
  static final List<Integer> MACHINERY = List.of(-1, 125);

  /// Only a failure of the machinery is tried again.
  static final Retry RETRY =
      new Retry(new Manual(true), MACHINERY.stream().map(s -> new Automatic(s, 2)).toList());

  private static final Pattern PREPARES =
      Pattern.compile(
          "(?m)^\\s*(\\S*/)?(bakehouse\\s+image\\s|ensure-bun-image\\.sh|build-macos-vm\\.sh)");

  private ImageStep() {}

  /// Whether a step makes images itself: it must not wait for a host that has one.
  static boolean prepares(WrittenStep step) {
    return PREPARES.matcher(step.command() + "\n").find();
  }
}
