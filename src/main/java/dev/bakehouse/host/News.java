package dev.bakehouse.host;

import java.util.function.Consumer;

/// Says a line once for as long as it does not change. One thread says them.
final class News implements Consumer<String> {
  private final Consumer<String> say;
  private String last = "";

  News(Consumer<String> say) {
    this.say = say;
  }

  @Override
  public void accept(String line) {
    if (!line.equals(last)) {
      say.accept(line);
      last = line;
    }
  }
}
