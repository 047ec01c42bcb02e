package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.pipeline.Dependency;
import dev.bakehouse.pipeline.GroupStep;
import dev.bakehouse.pipeline.Step;
import dev.bakehouse.pipeline.WaitStep;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A step of a build. The definition is the step as it was written (command) or [Marks] (others).
///
/// @param parent the group it stands in
/// @param env the environment of the pipeline it came with
record StepRow(
    String id,
    String build,
    int position,
    String kind,
    @Nullable String key,
    @Nullable String label,
    @Nullable String parent,
    String definition,
    Map<String, String> env,
    Map<String, String> agents) {
  static final String COMMAND = "command";
  static final String WAIT = "wait";
  static final String GROUP = "group";

  /// What is kept of waits and groups.
  record Marks(
      boolean goOn, boolean explicit, List<Dependency> dependsOn, boolean allowDependencyFailure) {}

  CommandStep command() {
    return CommandStep.parse(definition);
  }

  Marks marks() {
    return Json.MAPPER.readValue(definition, Marks.class);
  }

  static String definition(Step step) {
    return switch (step) {
      case CommandStep command -> command.source();
      case WaitStep wait -> Json.text(new Marks(wait.continueOnFailure(), false, List.of(), false));
      case GroupStep group ->
          Json.text(
              new Marks(
                  false,
                  group.dependsOn().isPresent(),
                  group.dependsOn().orElse(List.of()),
                  group.allowDependencyFailure()));
    };
  }

  /// In the order of the pipeline; a group stands before its members.
  static List<StepRow> ofBuild(Transaction tx, String build) throws SQLException {
    return tx.list("SELECT * FROM steps WHERE build=? ORDER BY position", StepRow::row, build);
  }

  static StepRow get(Transaction tx, String id) throws SQLException {
    return tx.one("SELECT * FROM steps WHERE id=?", StepRow::row, id)
        .orElseThrow(() -> HttpError.notFound("Step " + id));
  }

  /// The steps again as a pipeline has them, to check a build as a whole.
  static List<Step> tree(List<StepRow> rows) {
    return tree(rows, null);
  }

  private static List<Step> tree(List<StepRow> rows, @Nullable String parent) {
    List<Step> all = new ArrayList<>();
    for (StepRow row : rows) {
      if (java.util.Objects.equals(row.parent, parent)) {
        all.add(row.step(rows));
      }
    }
    return all;
  }

  private Step step(List<StepRow> rows) {
    Optional<String> name = Optional.ofNullable(key);
    if (kind.equals(COMMAND)) {
      return command();
    }
    Marks marks = marks();
    if (kind.equals(WAIT)) {
      return new WaitStep(name, marks.goOn);
    }
    return new GroupStep(
        name,
        label == null ? "" : label,
        marks.explicit ? Optional.of(marks.dependsOn) : Optional.empty(),
        marks.allowDependencyFailure,
        tree(rows, id));
  }

  private static StepRow row(ResultSet row) throws SQLException {
    return new StepRow(
        row.getString("id"),
        row.getString("build"),
        row.getInt("position"),
        row.getString("kind"),
        row.getString("key"),
        row.getString("label"),
        row.getString("parent"),
        row.getString("definition"),
        Json.map(row.getString("env")),
        Json.map(row.getString("agents")));
  }
}
