package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.CommandStep;
import dev.bakehouse.pipeline.GroupStep;
import dev.bakehouse.pipeline.InputStep;
import dev.bakehouse.pipeline.Step;
import dev.bakehouse.pipeline.TriggerStep;
import dev.bakehouse.pipeline.WaitStep;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A step of a build.
///
/// @param kind `command`, `wait`, `block`, `input`, `trigger` or `group`
/// @param parent the group it stands in
/// @param step as it was read; a group without its members
/// @param uploader the step whose job added it
/// @param omitted the build is without it, for its `if` or `branches`
record StepRow(
    String id,
    String build,
    int position,
    String kind,
    @Nullable String key,
    @Nullable String label,
    @Nullable String parent,
    Step step,
    @Nullable String uploader,
    boolean omitted) {
  private static final int KEPT = 20_000;

  /// Characters of a definition that is kept.
  private static final int SMALL = 2000;

  /// A step's definition never changes: those of late are kept as they were read.
  private static final Map<String, Step> READ =
      Collections.synchronizedMap(
          new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Step> eldest) {
              return size() > KEPT;
            }
          });

  private static Step step(String id, ResultSet row) throws SQLException {
    Step known = READ.get(id);
    if (known == null) {
      String text = row.getString("definition");
      known = Step.parse(text);
      if (text.length() <= SMALL) {
        READ.put(id, known);
      }
    }
    return known;
  }

  CommandStep command() {
    return (CommandStep) step();
  }

  static String kind(Step step) {
    return switch (step) {
      case CommandStep command -> "command";
      case WaitStep wait -> "wait";
      case InputStep input -> input.block() ? "block" : "input";
      case TriggerStep trigger -> "trigger";
      case GroupStep group -> "group";
    };
  }

  /// In the order of the pipeline; a group stands before its members.
  static List<StepRow> ofBuild(Transaction tx, String build) throws SQLException {
    return tx.list("SELECT * FROM steps WHERE build=? ORDER BY position", StepRow::row, build);
  }

  /// @param name an id or a key; of several groups with one key, the first
  static Optional<StepRow> find(Transaction tx, String build, String name) throws SQLException {
    return tx.one(
        "SELECT * FROM steps WHERE build=? AND (id=? OR key=?) ORDER BY position",
        StepRow::row,
        build,
        name,
        name);
  }

  static StepRow get(Transaction tx, String id) throws SQLException {
    return tx.one("SELECT * FROM steps WHERE id=?", StepRow::row, id)
        .orElseThrow(() -> HttpError.notFound("Step " + id));
  }

  /// The steps again as a pipeline has them, to check a build as a whole.
  static List<Step> tree(List<StepRow> rows) {
    List<Step> all = new ArrayList<>();
    for (StepRow row : rows) {
      if (row.parent == null) {
        all.add(
            row.step() instanceof GroupStep group ? group.with(members(rows, row.id)) : row.step());
      }
    }
    return all;
  }

  private static List<Step> members(List<StepRow> rows, String group) {
    return rows.stream()
        .filter(row -> Objects.equals(row.parent, group))
        .map(StepRow::step)
        .toList();
  }

  /// [Step#source].
  static String definition(Transaction tx, String id) throws SQLException {
    return tx.one("SELECT definition FROM steps WHERE id=?", row -> row.getString(1), id)
        .orElseThrow(() -> HttpError.notFound("Step " + id));
  }

  /// The environment of the pipeline it came with.
  static Map<String, String> env(Transaction tx, String id) throws SQLException {
    return tx.one("SELECT env FROM steps WHERE id=?", row -> Json.map(row.getString(1)), id)
        .orElseThrow(() -> HttpError.notFound("Step " + id));
  }

  private static StepRow row(ResultSet row) throws SQLException {
    String id = row.getString("id");
    return new StepRow(
        id,
        row.getString("build"),
        row.getInt("position"),
        row.getString("kind"),
        row.getString("key"),
        row.getString("label"),
        row.getString("parent"),
        step(id, row),
        row.getString("uploader"),
        row.getBoolean("omitted"));
  }
}
