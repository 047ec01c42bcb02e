package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is kept in memory of a build is what stands in the tables.
class CoursesTest {
  @TempDir Path dir;

  private final Courses courses = new Courses();

  @Test
  void whatIsWrittenUndoneOrRemovedIsKnown() {
    try (Database database = Database.open(dir.resolve("db"), new Changes())) {
      database.run(
          tx -> {
            tx.update(
                "INSERT INTO steps (id, build, position, kind, definition, env, agents) VALUES"
                    + " ('step','one',1,'command','{\"command\":\"x\"}','{}','{}')");
            for (String job : List.of("a", "b", "c")) {
              insert(tx, job, "one");
            }
          });
      assertThat(states(database)).containsExactly("a WAITING", "b WAITING", "c WAITING");
      database.run(
          tx -> {
            tx.update("UPDATE jobs SET state='running' WHERE id='a'");
            assertThat(states(tx)).contains("a RUNNING");
            tx.update("UPDATE jobs SET state='passed' WHERE build='one'");
            assertThat(states(tx)).containsExactly("a PASSED", "b PASSED", "c PASSED");
            tx.update("UPDATE jobs SET state='waiting' WHERE build='one'");
          });
      assertThatThrownBy(
              () ->
                  database.run(
                      tx -> {
                        tx.update("UPDATE jobs SET state='running' WHERE build='one'");
                        assertThat(states(tx)).contains("b RUNNING");
                        throw new HttpError(422, "no");
                      }))
          .hasMessage("no");
      assertThat(states(database)).containsExactly("a WAITING", "b WAITING", "c WAITING");
      assertThatThrownBy(
              () ->
                  database.run(
                      tx ->
                          tx.before(
                              "late",
                              late -> {
                                late.update("UPDATE jobs SET state='failed' WHERE id='c'");
                                assertThat(states(late)).contains("c FAILED");
                                throw new HttpError(422, "late");
                              })))
          .hasMessage("late");
      assertThat(states(database)).as("a commit that failed").contains("c WAITING");
      database.run(
          tx -> {
            tx.update("UPDATE jobs SET retried_in='d' WHERE id='a'");
            insert(tx, "d", "one");
            tx.update("DELETE FROM jobs WHERE id='b'");
            insert(tx, "e", "two");
          });
      assertThat(states(database)).containsExactly("c WAITING", "d WAITING");
      database.run(tx -> tx.update("UPDATE jobs SET retried_in=NULL"));
      assertThat(states(database)).containsExactly("a WAITING", "c WAITING", "d WAITING");
    }
  }

  private static void insert(Transaction tx, String job, String build) throws SQLException {
    tx.update(
        "INSERT INTO jobs (id, build, step, retry_count, state, agents, priority, created,"
            + " soft_failed) VALUES (?,?,'step',0,'waiting','{}',0,0,0)",
        job,
        build);
  }

  private List<String> states(Database database) {
    return database.call(this::states);
  }

  private List<String> states(Transaction tx) throws SQLException {
    return courses.of(tx, "one").jobs().stream().map(job -> job.id() + " " + job.state()).toList();
  }
}
