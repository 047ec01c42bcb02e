package dev.bakehouse.vm;

/// Which VM that waits for an heir a caller of [Slots#acquire(Wish, java.time.Duration,
/// java.util.function.Consumer)] can use.
///
/// @param key as given to [Vm#standBy]; empty for none
public record Wish(String key) {
  /// The caller makes its VM itself.
  public static final Wish NONE = new Wish("");
}
