package dev.bakehouse.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.CacheAnnotation.Line;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CacheAnnotationTest {
  @Test
  void aLineForEachCacheAndANoteWhereThereIsSomethingToSay() {
    Line fine = line("cpp", "ccache", "");
    Line poor = line("zig", "zig-local", "hits fell from 95 % to 40 %: the compiler changed");

    assertThat(CacheAnnotation.render(List.of(poor, fine)))
        .isEqualTo(
            """
            **Build caches**

            | step | cache | hits | restored from | files | MB | restore s | save s |
            |---|---|---:|---|---:|---:|---:|---:|
            | cpp | ccache | 95 % (19/20) | build 1 of main | 1,250 | 2.5 | 0.5 | 1.3 |
            | zig | zig-local | 95 % (19/20) | build 1 of main | 1,250 | 2.5 | 0.5 | 1.3 |

            - zig, zig-local: hits fell from 95 % to 40 %: the compiler changed
            """);
  }

  @Test
  void namesCanNotBreakThePageAndItsSizeIsBounded() {
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      lines.add(
          line("<script>|\n# " + "x".repeat(5000), "a`b", "[y](javascript:)" + "z".repeat(9000)));
    }
    lines.add(new Line(null, null, 0, 0, null, 0, 0, 0, 0, null));

    String text = CacheAnnotation.render(lines);

    assertThat(text).doesNotContain("<", "`", "[y]");
    assertThat(text.lines().filter(l -> l.startsWith("# "))).isEmpty();
    assertThat(text.length()).isLessThan(100_000);
  }

  private static Line line(String step, String kind, String note) {
    return new Line(step, kind, 19, 1, "build 1 of main", 1250, 2_500_000, 0.5, 1.25, note);
  }
}
