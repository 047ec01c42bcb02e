package dev.bakehouse.platform;

/// An external command that did not do what it was asked.
public final class CommandFailed extends UserError {
  public CommandFailed(Command command, String how) {
    super("The command `" + command + "` " + how, "Run it by hand to see more.");
  }
}
