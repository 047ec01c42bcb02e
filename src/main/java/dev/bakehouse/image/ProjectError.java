package dev.bakehouse.image;

import dev.bakehouse.platform.UserError;

/// An image could not be built for a reason that lies in the project: its bootstrap script, its
/// tools, its configuration. Another try gives the same.
public final class ProjectError extends UserError {
  public ProjectError(String message, String remedy) {
    super(message, remedy);
  }
}
