package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.pipeline.Dependency;
import dev.bakehouse.pipeline.GroupStep;
import dev.bakehouse.pipeline.WaitStep;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// State that an older version left is read on.
class MigrationTest {
  @TempDir Path dir;

  @Test
  void waitsAndGroupsOfTheFirstVersionAreKept() throws Exception {
    Path file = dir.resolve("coordinator.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        var schema = Database.class.getResourceAsStream("schema-1.sql")) {
      statement.executeUpdate(new String(schema.readAllBytes(), StandardCharsets.UTF_8));
      statement.executeUpdate("PRAGMA user_version=1");
      String marks =
          "'{\"go_on\":%s,\"explicit\":%s,\"depends_on\":%s,\"allow_dependency_failure\":%s}'";
      String row = "INSERT INTO steps VALUES ('%s','b',%d,'%s',%s,%s,%s,%s,'{}','{}')";
      statement.executeUpdate(
          row.formatted(
              "1", 1, "wait", "NULL", "NULL", "NULL", marks.formatted(true, false, "[]", false)));
      String needs = "[{\"step\":\"k\",\"allow_failure\":true}]";
      statement.executeUpdate(
          row.formatted(
              "2", 2, "group", "'g'", "'G'", "NULL", marks.formatted(false, true, needs, true)));
      statement.executeUpdate(
          row.formatted(
              "3", 3, "group", "NULL", "NULL", "NULL", marks.formatted(false, false, "[]", false)));
      statement.executeUpdate(
          row.formatted("4", 4, "command", "'c'", "NULL", "'3'", "'{\"command\":\"x\"}'"));
      statement.executeUpdate(
          "INSERT INTO jobs (id, build, step, retry_count, state, agents, priority, created,"
              + " soft_failed) VALUES ('j','b','4',0,'waiting','{}',0,7,0)");
    }
    try (Database database = Database.open(file, new Changes())) {
      List<StepRow> steps = database.call(tx -> StepRow.ofBuild(tx, "b"));
      assertThat(((WaitStep) steps.get(0).step()).continueOnFailure()).isTrue();
      GroupStep group = (GroupStep) steps.get(1).step();
      assertThat(group.key()).contains("g");
      assertThat(group.base().label()).contains("G");
      assertThat(group.dependsOn()).contains(List.of(new Dependency("k", true)));
      assertThat(group.base().allowDependencyFailure()).isTrue();
      assertThat(steps.get(2).step().dependsOn()).isEmpty();
      Job job = database.call(tx -> Job.get(tx, "j"));
      assertThat(job.scheduled()).isEqualTo(7);
      assertThat(job.type()).isEqualTo(Job.SCRIPT);
    }
  }
}
