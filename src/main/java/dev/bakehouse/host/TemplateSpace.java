package dev.bakehouse.host;

import dev.bakehouse.job.Machines;
import dev.bakehouse.platform.Holes;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.TemplateInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// Keeps the templates that jobs' machines were made from within a budget. Those of people, under
/// names they chose, are not looked at; VMs that run have what they need of a deleted one.
final class TemplateSpace {
  private final Hypervisor hypervisor;
  private final long budget;

  /// @param budget bytes for all of them
  TemplateSpace(Hypervisor hypervisor, long budget) {
    this.hypervisor = hypervisor;
    this.budget = budget;
  }

  /// Deletes templates of images that are not here any more, then the oldest ones until the others
  /// fit.
  ///
  /// @param here whether an image is here as it was
  /// @param next starts the keys of what the next job wants, which stays
  /// @return keys of those that were deleted
  List<String> trim(Predicate<BaseImage> here, Optional<String> next) {
    List<String> gone = new ArrayList<>();
    List<TemplateInfo> left = new ArrayList<>();
    long used = 0;
    for (TemplateInfo template : hypervisor.templates()) {
      if (!Machines.made(template.key(), template.image())) {
        continue;
      }
      if (here.test(template.image())) {
        left.add(template);
        used += size(template);
      } else {
        gone.add(template.key());
      }
    }
    left.sort(Comparator.comparing(TemplateInfo::created));
    for (TemplateInfo template : left) {
      if (used > budget && next.filter(template.key()::startsWith).isEmpty()) {
        gone.add(template.key());
        used -= size(template);
      }
    }
    gone.forEach(hypervisor::deleteTemplate);
    return gone;
  }

  /// Bytes it takes up.
  static long size(TemplateInfo template) {
    long all = 0;
    for (Path file : template.files()) {
      try (Holes holes = Holes.open(file)) {
        all += holes.data(0, Files.size(file));
      } catch (IOException e) {
        // Deleted meanwhile.
      }
    }
    return all;
  }
}
