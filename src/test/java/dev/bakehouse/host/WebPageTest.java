package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class WebPageTest {
  private static final String HOSTILE =
      "<script>alert(1)</script>\"'><img src=x onerror=y>&amp;\u202e\u0007";

  @Test
  void tellsWhatRunsWhatWaitsAndWhyTheHostIsNotReady() {
    String page = page("first");

    assertThat(page)
        .startsWith("<!DOCTYPE html>")
        .contains("<meta http-equiv=refresh content=5>", "<title>oven-a</title>")
        .contains("Not ready: image first is missing", "No agents: first")
        .contains("Jobs that wait for a VM slot: 4", "VMs on standby: 3")
        .contains("bunfirst #12 first", WebStates.JOB, "5 min 0 s")
        .contains("infrastructure in boot", "boot 4.0 · clone 0.3 · VM by resume")
        .contains("90 %, 90 of 100")
        .contains("bakehouse vm ssh bh-1 --state &#39;/var/b h&#39;")
        .contains("10.0 GB free of 500.0 GB", "images: 2, 30.0 GB");
  }

  @Test
  void namesOfOthersAreTextAndNothingElse() {
    String page = page(HOSTILE);

    assertThat(page)
        .doesNotContain("<script", "<img", "\u202e", "\u0007")
        .contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src")
        .contains("&amp;amp;");
    // What they add is text: the page has the same elements with and without them.
    assertThat(page.chars().filter(c -> c == '<').count())
        .isEqualTo(page("first").chars().filter(c -> c == '<').count());
  }

  private static String page(String text) {
    return WebPage.of(WebStates.hostile(text), Path.of("/var/b h"));
  }
}
