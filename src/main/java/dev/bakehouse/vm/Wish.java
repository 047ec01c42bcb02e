package dev.bakehouse.vm;

/// Which VM that waits for an heir a caller of [Slots#acquire(Wish, java.time.Duration,
/// java.util.function.Consumer)] can use.
///
/// @param key as given to [Vm#standBy]; empty for none
/// @param only whether nothing else will do
public record Wish(String key, boolean only) {
  /// The caller makes its VM itself.
  public static final Wish NONE = new Wish("", false);

  /// Best one that waits.
  public static Wish of(String key) {
    return new Wish(key, false);
  }
}
