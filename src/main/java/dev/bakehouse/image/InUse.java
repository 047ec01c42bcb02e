package dev.bakehouse.image;

import java.util.Set;

/// Tells which images VMs, templates and jobs stand on now.
public interface InUse {
  InUse NOTHING = Set::of;

  /// Names in the store.
  Set<String> images();
}
