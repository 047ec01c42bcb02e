package dev.bakehouse.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.Decision.Answer;
import dev.bakehouse.oci.Digest;
import dev.bakehouse.oci.Reference;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every line: what is local, what the registry says, the two switches, the decision. `fits`,
/// `other` and `plain` say whose identity an image carries; `same` also has the registry's digest.
class DecisionTest {
  private static final Reference REFERENCE = Reference.parse("ghcr.io/o/r/i:1");
  private static final Digest REMOTE = new Digest("a".repeat(64));
  private static final Identity WANTED = new Identity(Optional.of("sha256:b"), "c".repeat(64));

  @ParameterizedTest
  @CsvSource({
    // local, remote, other, accept, force, decision
    "same,  same,   -,    false, false, Keep",
    "same,  same,   -,    false, true,  Pull",
    "fits,  fits,   -,    false, false, Pull",
    "other, fits,   -,    false, false, Pull",
    "-,     fits,   -,    false, false, Pull",
    "-,     fits,   -,    false, true,  Pull",
    "fits,  absent, -,    false, false, Keep",
    "fits,  absent, -,    false, true,  Build",
    "fits,  silent, -,    false, false, Keep",
    "fits,  silent, -,    false, true,  Build",
    "fits,  other,  -,    false, false, Keep",
    "other, other,  -,    false, false, Build",
    "other, absent, -,    false, false, Build",
    "-,     absent, -,    false, false, Build",
    "-,     silent, -,    false, false, Build",
    "plain, absent, -,    false, false, Build",
    "plain, absent, -,    true,  false, Keep",
    "plain, silent, -,    true,  false, Keep",
    "-,     plain,  -,    false, false, Build",
    "-,     plain,  -,    true,  false, Pull",
    "-,     absent, fits, false, false, Retag",
    "-,     absent, fits, false, true,  Build",
    "other, absent, fits, false, false, Retag",
    "-,     absent, other, false, false, Build",
    "-,     absent, plain, true, false, Build",
    "-,     fits,   same, false, false, Retag",
    "-,     fits,   same, false, true,  Pull",
  })
  void table(
      String local, String remote, String other, boolean accept, boolean force, String decision) {
    Decision.Facts facts =
        new Decision.Facts(
            image("wanted", local),
            List.of(answer(remote)),
            List.of(),
            image("another", other).stream().toList(),
            WANTED,
            Branch.MAIN,
            Decision.Accept.of(accept),
            force);
    Decision made = Decision.of(facts);
    assertThat(made.getClass().getSimpleName()).as(made.why()).isEqualTo(decision);
    assertThat(made.why()).isNotBlank();
  }

  /// What the registry has under the tag of another version.
  @ParameterizedTest
  @CsvSource({
    // local, latest, other, accept, force, decision
    "-,     fits,   -,    false, false, Pull",
    "-,     fits,   same, false, false, Retag",
    "fits,  fits,   -,    false, false, Keep",
    "other, fits,   -,    false, false, Pull",
    "-,     other,  -,    false, false, Build",
    "-,     plain,  -,    true,  false, Build",
    "-,     silent, -,    false, false, Build",
    "-,     fits,   same, false, true,  Pull",
  })
  void anotherVersionServesWhenItIsMadeFromTheSameThings(
      String local, String latest, String other, boolean accept, boolean force, String decision) {
    Decision made =
        Decision.of(
            new Decision.Facts(
                image("wanted", local),
                List.of(answer("absent")),
                List.of(answer(latest)),
                image("another", other).stream().toList(),
                WANTED,
                Branch.MAIN,
                Decision.Accept.of(accept),
                force));
    assertThat(made.getClass().getSimpleName()).as(made.why()).isEqualTo(decision);
  }

  /// What a pull request's build made, wherever it is found.
  @ParameterizedTest
  @CsvSource({
    "foreign, absent,  -,       MAIN,  Build",
    "-,       foreign, -,       MAIN,  Build",
    "-,       absent,  foreign, MAIN,  Build",
    "foreign, fits,    -,       MAIN,  Pull",
    "foreign, absent,  -,       OTHER, Keep",
    "-,       foreign, -,       OTHER, Pull",
    "-,       absent,  foreign, OTHER, Retag",
  })
  void theDefaultBranchTakesOnlyWhatItMadeItself(
      String local, String remote, String other, Branch branch, String decision) {
    Decision made =
        Decision.of(
            new Decision.Facts(
                image("wanted", local),
                List.of(answer(remote)),
                List.of(answer(remote)),
                image("another", other).stream().toList(),
                WANTED,
                branch,
                Decision.Accept.UNLABELLED,
                false));
    assertThat(made.getClass().getSimpleName()).as(made.why()).isEqualTo(decision);
  }

  @ParameterizedTest
  @CsvSource({"fits, true", "other, false"})
  void withoutABaseScriptAndInputsDecide(String kind, boolean keep) {
    Identity noBase = new Identity(Optional.empty(), "c".repeat(64));
    Decision made =
        Decision.of(
            new Decision.Facts(
                image("wanted", kind),
                List.of(answer("silent")),
                List.of(),
                List.of(),
                noBase,
                Branch.MAIN,
                Decision.Accept.NO_OTHERS,
                false));
    assertThat(made instanceof Decision.Keep).isEqualTo(keep);
  }

  private static Answer answer(String kind) {
    return switch (kind) {
      case "absent" -> new Answer.Absent(REFERENCE);
      case "silent" -> new Answer.Silent(REFERENCE, "no answer");
      default -> new Answer.Found(REFERENCE, REMOTE, labels(kind));
    };
  }

  private static Optional<LocalImage> image(String name, String kind) {
    if (kind.equals("-")) {
      return Optional.empty();
    }
    String digest = kind.equals("same") ? REMOTE.toString() : "sha256:" + "d".repeat(64);
    ImageRecord record =
        new ImageRecord(digest, "sha256:c", labels(kind), "2026-01-01T00:00:00Z", "x");
    return Optional.of(new LocalImage(name, Path.of("x"), record, false, Instant.EPOCH));
  }

  private static Map<String, String> labels(String kind) {
    return switch (kind) {
      case "plain" -> Map.of();
      case "foreign" -> {
        Map<String, String> all = new HashMap<>(WANTED.labels());
        all.put(Branch.LABEL, "other");
        yield all;
      }
      case "other" -> new Identity(Optional.of("sha256:x"), "e".repeat(64)).labels();
      default -> WANTED.labels();
    };
  }
}
