package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.Ancestor.Fits;
import dev.bakehouse.image.Ancestor.No;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AncestorTest {
  private static final String MARK = "# bakehouse: checkpoint\n";
  private static final Incremental STRICT = new Incremental(true, false, 10);
  private static final Incremental RERUNNABLE = new Incremental(true, true, 10);

  @TempDir Path dir;

  @BeforeEach
  void input() throws IOException {
    Files.writeString(dir.resolve("input"), "one");
  }

  /// `|` stands for a checkpoint's line, letters for other lines.
  @ParameterizedTest
  @CsvSource({
    "a|b, a|c, 1",
    "a|, a|b, 1",
    "a|b|c, a|b|d, 2",
    "a|b|c, a|x|c, 1",
    "a|b, a|b|c, 1",
    "a|b|c, a|b, 1",
    "ab, ab|c, 0",
    "ab, ac, 0",
    "a|b, x|b, 0",
    "ab|, ab, 0",
  })
  void scriptsShareWhatIsTheSameUpToACheckpoint(String before, String after, int checkpoint)
      throws IOException {
    Map<String, String> old = labels(before);
    Ancestor strict = Ancestor.of(old, identity(after), STRICT);
    if (checkpoint == 0) {
      assertThat(strict)
          .isInstanceOfSatisfying(No.class, no -> assertThat(no.why()).contains("up to a line"));
    } else {
      assertThat(strict).isEqualTo(new Fits(checkpoint, 1, "1.0"));
    }
    assertThat(Ancestor.of(old, identity(after), RERUNNABLE))
        .isEqualTo(new Fits(checkpoint, 1, "1.0"));
  }

  @Test
  void anotherInputNeedsAScriptThatMayRunAgain() throws IOException {
    Map<String, String> old = labels("a|b");
    Files.writeString(dir.resolve("input"), "two");
    assertThat(Ancestor.of(old, identity("a|c"), STRICT))
        .isInstanceOfSatisfying(No.class, no -> assertThat(no.why()).contains("an input differs"));
    assertThat(Ancestor.of(old, identity("a|c"), RERUNNABLE)).isInstanceOf(Fits.class);
  }

  @Test
  void anotherBaseOrALongChainOrNoIdentityIsNone() throws IOException {
    Map<String, String> old = labels("a|b");
    old.put(Ancestor.CHAIN_LABEL, "9");
    assertThat(Ancestor.of(old, identity("a|c"), STRICT)).isEqualTo(new Fits(1, 10, "1.0"));
    old.put(Ancestor.CHAIN_LABEL, "10");
    assertThat(Ancestor.of(old, identity("a|c"), RERUNNABLE)).isInstanceOf(No.class);
    old.put(Ancestor.CHAIN_LABEL, "nonsense");
    assertThat(Ancestor.of(old, identity("a|c"), RERUNNABLE)).isInstanceOf(No.class);
    old.remove(Ancestor.CHAIN_LABEL);
    old.put(Identity.BASE_LABEL, "sha256:other");
    assertThat(Ancestor.of(old, identity("a|c"), RERUNNABLE)).isInstanceOf(No.class);
    old.put(Identity.BASE_LABEL, "");
    assertThat(Ancestor.of(old, new Identity(Optional.empty(), "x"), RERUNNABLE))
        .isInstanceOf(No.class);
    assertThat(Ancestor.of(Map.of(), identity("a|c"), RERUNNABLE)).isInstanceOf(No.class);
  }

  private Map<String, String> labels(String script) throws IOException {
    Map<String, String> all = new HashMap<>(identity(script).labels());
    all.put(Difference.VERSION_LABEL, "1.0");
    return all;
  }

  private Identity identity(String script) throws IOException {
    StringBuilder text = new StringBuilder("#!/bin/sh\n");
    script.chars().forEach(c -> text.append(c == '|' ? MARK : "echo " + (char) c + "\n"));
    Files.writeString(dir.resolve("boot.sh"), text);
    return Identity.of(dir, () -> Optional.of("sha256:base"), "boot.sh", List.of("input"));
  }
}
