package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SharedAnnotationTest {
  private record Thing(int a) {}

  private static List<Thing> read(String part) {
    return SharedAnnotation.read(part, Thing[].class).toList();
  }

  @Test
  void whatOtherJobsWroteIsReadAsFarAsItIsUnderstood() {
    assertThat(read("[{\"a\":1},null,{\"a\":2}]")).containsExactly(new Thing(1), new Thing(2));
    assertThat(read("null")).isEmpty();
    assertThat(read("[{\"a\":")).isEmpty();
    assertThat(read("{}")).isEmpty();
    assertThat(read("[" + "{\"a\":1},".repeat(5000) + "null]")).hasSize(1000);
    assertThat(read("[" + "{\"a\":1},".repeat(20_000) + "null]")).isEmpty();
  }
}
