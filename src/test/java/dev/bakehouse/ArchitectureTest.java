package dev.bakehouse;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The table of rooms in ARCHITECTURE.md: who may use whom.
class ArchitectureTest {
  private static final Set<String> COMMON = Set.of("config", "platform");

  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("config", Set.of()),
          Map.entry("platform", Set.of()),
          Map.entry("store", Set.of("buildkite")),
          Map.entry("performance", Set.of()),
          Map.entry("tests", Set.of()),
          Map.entry("pipeline", Set.of("performance", "tests")),
          Map.entry("coordinator", Set.of("cache", "pipeline")),
          Map.entry("buildkite", Set.of()),
          Map.entry("vm", Set.of()),
          Map.entry("guest", Set.of()),
          Map.entry("volume", Set.of("vm", "snapshot")),
          Map.entry("oci", Set.of("store")),
          Map.entry("image", Set.of("oci", "vm", "guest")),
          Map.entry("snapshot", Set.of("store")),
          Map.entry("cache", Set.of("store", "snapshot", "buildkite")),
          Map.entry(
              "job",
              Set.of(
                  "vm",
                  "guest",
                  "image",
                  "oci",
                  "rollout",
                  "cache",
                  "snapshot",
                  "volume",
                  "store",
                  "buildkite",
                  "github",
                  "performance",
                  "tests",
                  "pipeline")),
          Map.entry("rollout", Set.of("image", "oci")),
          Map.entry(
              "host",
              Set.of("job", "image", "oci", "rollout", "vm", "volume", "cache", "buildkite")),
          Map.entry("github", Set.of()),
          Map.entry("fleet", Set.of()),
          Map.entry("local", Set.of("coordinator", "pipeline", "image", "oci", "guest")));

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.bakehouse");

  @Test
  void everyRoomUsesOnlyWhatTheTableAllows() {
    TreeSet<String> wrong = new TreeSet<>();
    for (JavaClass from : classes) {
      String room = room(from);
      if (room.equals("cli")) {
        continue;
      }
      assertThat(MAY_USE).as("room of %s", from.getName()).containsKey(room);
      for (var dependency : from.getDirectDependenciesFromSelf()) {
        JavaClass to = dependency.getTargetClass();
        if (!resideInAnyPackage("dev.bakehouse..").test(to)) {
          continue;
        }
        String other = room(to);
        boolean platformUser = room.equals("platform") && !other.equals("platform");
        boolean common = COMMON.contains(other) && !platformUser;
        if (!other.equals(room)
            && !common
            && !MAY_USE.getOrDefault(room, Set.of()).contains(other)) {
          wrong.add(room + " uses " + other + ": " + from.getName() + " → " + to.getName());
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void noCycles() {
    slices().matching("dev.bakehouse.(*)..").should().beFreeOfCycles().check(classes);
  }

  private static String room(JavaClass type) {
    String rest = type.getPackageName().substring("dev.bakehouse.".length());
    int dot = rest.indexOf('.');
    return dot < 0 ? rest : rest.substring(0, dot);
  }
}
