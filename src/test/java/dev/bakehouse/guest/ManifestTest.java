package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ManifestTest {
  private static final String ROOT = "d\000755\0004096\0001.5\0002\0001\0\0\0";

  @Test
  void onlyWhatDiffersCrosses() {
    Manifest source = of(ROOT, file("same", "5.1", 1), file("new", "6.1", 1), file("-x\n", "1", 1));
    Manifest target = of(ROOT, file("same", "5.1", 1), file("new", "6.2", 1), file("old", "1", 1));
    assertThat(source.toCopy(target)).containsExactly("", "new", "-x\n");
    assertThat(source.toRemove(target)).containsExactly("old");
  }

  @Test
  void equalTreesNeedNothing() {
    Manifest tree = of(ROOT, file("a", "5.1234567890", 1));
    assertThat(tree.toCopy(tree)).isEmpty();
    assertThat(tree.toRemove(tree)).isEmpty();
  }

  @Test
  void aFileThatBecameADirectoryGoesFirst() {
    Manifest source = of(ROOT, "d\000755\0004096\0001\0002\0009\0x\0\0");
    Manifest target = of(ROOT, file("x", "1", 1));
    assertThat(source.toRemove(target)).containsExactly("x");
    assertThat(source.toCopy(target)).containsExactly("", "x");
  }

  @Test
  void hardLinksCrossTogether() {
    Manifest source = of(ROOT, file("a", "1", 2), file("b", "1", 2));
    Manifest copy = of(ROOT, file("a", "1", 1), file("b", "1", 1));
    assertThat(source.toCopy(copy)).containsExactly("", "a", "b");
    assertThat(source.toCopy(source)).isEmpty();
  }

  private static String file(String name, String mtime, int links) {
    return "f\000644\00010\0" + mtime + "\0" + links + "\0007\0" + name + "\0\0";
  }

  private static Manifest of(String... records) {
    return Manifest.parse(String.join("", records).getBytes(ISO_8859_1));
  }
}
