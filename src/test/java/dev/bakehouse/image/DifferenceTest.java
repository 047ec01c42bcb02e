package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.config.Yaml;
import dev.bakehouse.oci.Reference;
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

class DifferenceTest {
  @TempDir Path dir;

  @BeforeEach
  void checkout() throws IOException {
    write("boot.sh", "#!/bin/sh\necho 1\n");
    write("in/a", "a");
    write("in/b", "b");
  }

  @Test
  void namesTheBaseTheScriptEveryInputAndTheVersion() throws IOException {
    Map<String, String> old = labels("sha256:one", "1.0");
    write("boot.sh", "#!/bin/sh\necho 2\n");
    write("in/a", "other");
    Files.delete(dir.resolve("in/b"));
    write("in/c", "c");
    Difference difference = Difference.of("here", old, wanted("sha256:two", "1.1"));
    assertThat(difference.same()).isFalse();
    assertThat(difference.changes())
        .extracting(Difference.Change::what, Difference.Change::path)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("base", ""),
            org.assertj.core.groups.Tuple.tuple("script", ""),
            org.assertj.core.groups.Tuple.tuple("input", "in/a"),
            org.assertj.core.groups.Tuple.tuple("input", "in/b"),
            org.assertj.core.groups.Tuple.tuple("input", "in/c"),
            org.assertj.core.groups.Tuple.tuple("version", ""));
    assertThat(difference.toString())
        .contains("here: made from other things")
        .contains("base: sha256:one → sha256:two", "input in/a changed")
        .contains("input in/b removed", "input in/c added", "version: 1.0 → 1.1");
  }

  @Test
  void aVersionAloneIsNoOtherImage() throws IOException {
    Difference difference =
        Difference.of("here", labels("sha256:one", "1.0"), wanted("sha256:one", "1.1"));
    assertThat(difference.same()).isTrue();
    assertThat(difference.toString())
        .isEqualTo("here: made from the same things (version: 1.0 → 1.1)");
  }

  @Test
  void labelsStaySmallWhateverTheInputs() throws IOException {
    for (int i = 0; i < 1000; i++) {
      write("in/many-files-with-long-names-" + i, "x");
    }
    Map<String, String> old = labels("sha256:one", "1.0");
    assertThat(old.get(Parts.PARTS_LABEL))
        .hasSizeLessThanOrEqualTo(Parts.LARGEST)
        .contains("\"in\"");
    write("in/a", "other");
    assertThat(Difference.of("here", old, wanted("sha256:one", "1.0")).toString())
        .contains("input in changed")
        .doesNotContain("many-files");
  }

  @Test
  void imagesWithoutPartsAreComparedAsAWhole() throws IOException {
    Map<String, String> old = new HashMap<>(labels("sha256:one", "1.0"));
    old.keySet().removeIf(key -> key.equals(Parts.PARTS_LABEL) || key.equals(Parts.SCRIPT_LABEL));
    write("in/a", "other");
    assertThat(Difference.of("here", old, wanted("sha256:one", "1.0")).changes())
        .extracting(Difference.Change::what)
        .containsExactly("script", "inputs");
    assertThat(Difference.of("here", Map.of(), wanted("sha256:one", "1.0")).changes())
        .extracting(Difference.Change::what)
        .containsExactly("identity");
  }

  private Map<String, String> labels(String base, String version) throws IOException {
    Map<String, String> labels = new HashMap<>(wanted(base, version).identity().labels());
    labels.put(Difference.VERSION_LABEL, version);
    return labels;
  }

  private Wanted wanted(String base, String version) {
    ImageConfig config = ImageConfig.read(Yaml.parse("t", "image: {}").section("image"));
    return new Wanted(
        new Checkout(dir),
        config,
        new Version(version, "test"),
        new Names("image-" + version, Reference.parse("ghcr.io/o/r/image:" + version)),
        false,
        Identity.of(dir, () -> Optional.of(base), "boot.sh", List.of("in")));
  }

  private void write(String path, String text) throws IOException {
    Path file = dir.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
