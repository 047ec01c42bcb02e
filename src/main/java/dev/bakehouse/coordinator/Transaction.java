package dev.bakehouse.coordinator;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/// Statements inside one transaction of [Database]; `?` are filled in order.
final class Transaction {
  private static final Logger LOG = System.getLogger(Transaction.class.getName());

  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();
  private final LinkedHashMap<String, Database.Deed> last = new LinkedHashMap<>();
  private final Set<Long> jobs = new LinkedHashSet<>();
  private boolean wrote;
  private long undone;

  /// Makes a value of the current row; runs no statement itself.
  interface Row<T> {
    T of(ResultSet row) throws SQLException;
  }

  private interface Use<T> {
    T of(PreparedStatement statement) throws SQLException;
  }

  Transaction(Connection connection) {
    this.connection = connection;
  }

  /// From now on [#writtenJobs] knows them, whatever statement wrote them.
  void watch() throws SQLException {
    connection
        .unwrap(SQLiteConnection.class)
        .addUpdateListener(
            (type, database, table, row) -> {
              if (table.equals("jobs")) {
                jobs.add(row);
              }
            });
  }

  /// Rows of jobs that were written since the last question.
  List<Long> writtenJobs() {
    List<Long> written = List.copyOf(jobs);
    jobs.clear();
    return written;
  }

  /// Counts what was given up: what was read before may not be so any more.
  long undone() {
    return undone;
  }

  /// Whether something changed since the last question.
  boolean wrote() {
    boolean now = wrote;
    wrote = false;
    return now;
  }

  void begin() throws SQLException {
    execute("BEGIN");
  }

  /// Does something before all is written, once for all who ask for it under one name: what follows
  /// from the end of a job is found out once for many that end together.
  void before(String name, Database.Deed deed) {
    last.putIfAbsent(name, deed);
  }

  /// Does what was asked of [#before].
  void settle() throws SQLException {
    while (!last.isEmpty()) {
      last.pollFirstEntry().getValue().in(this);
    }
  }

  void commit() throws SQLException {
    execute("COMMIT");
  }

  /// Gives everything up; when that fails there is nothing left to give up.
  void rollback() {
    wrote = false;
    undone++;
    last.clear();
    try {
      execute("ROLLBACK");
    } catch (SQLException e) {
      LOG.log(Level.DEBUG, "Nothing to roll back", e);
    }
  }

  /// From here on [#undo] gives up what was done.
  void mark() throws SQLException {
    execute("SAVEPOINT piece");
  }

  /// Where SQLite gave up the whole transaction by itself, as it does on a full disk, there is
  /// nothing left to undo: that fails, because of what failed.
  void undo(Throwable failure) throws SQLException {
    undone++;
    try {
      execute("ROLLBACK TO piece");
    } catch (SQLException e) {
      e.initCause(failure);
      throw e;
    }
  }

  void unmark() throws SQLException {
    execute("RELEASE piece");
  }

  /// Does all of something, or nothing of it when it fails.
  <T> T whole(Database.Work<T> work) throws SQLException {
    mark();
    T result;
    try {
      result = work.in(this);
    } catch (SQLException | RuntimeException | Error e) {
      undo(e);
      unmark();
      throw e;
    }
    unmark();
    return result;
  }

  <T> List<T> list(String sql, Row<T> row, @Nullable Object... values) throws SQLException {
    return with(
        sql,
        statement -> {
          List<T> all = new ArrayList<>();
          try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              all.add(row.of(rows));
            }
          }
          return all;
        },
        values);
  }

  <T> Optional<T> one(String sql, Row<T> row, @Nullable Object... values) throws SQLException {
    return list(sql, row, values).stream().findFirst();
  }

  /// How many rows changed.
  int update(String sql, @Nullable Object... values) throws SQLException {
    wrote = true;
    return with(sql, PreparedStatement::executeUpdate, values);
  }

  private void execute(String sql) throws SQLException {
    with(sql, PreparedStatement::execute);
  }

  /// The driver gives up a statement that failed: the next time it is made anew, or one full disk
  /// would end all writing.
  private <T> T with(String sql, Use<T> use, @Nullable Object... values) throws SQLException {
    boolean done = false;
    try {
      T result = use.of(prepare(sql, values));
      done = true;
      return result;
    } finally {
      if (!done) {
        forget(sql);
      }
    }
  }

  private void forget(String sql) throws SQLException {
    PreparedStatement statement = prepared.remove(sql);
    if (statement != null) {
      statement.close();
    }
  }

  private PreparedStatement prepare(String sql, @Nullable Object... values) throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    return statement;
  }
}
