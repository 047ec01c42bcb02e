package dev.bakehouse.coordinator;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One SQLite file, one writer. A transaction is on disk when [#call] returns.
final class Database implements AutoCloseable {
  private static final int VERSION = 2;

  private final ReentrantLock lock = new ReentrantLock();
  private final Connection connection;
  private final Transaction transaction;
  private final Changes changes;

  /// What is done in one transaction; an exception undoes it.
  interface Work<T extends @Nullable Object> {
    T in(Transaction tx) throws SQLException;
  }

  /// Like [Work] without a result.
  interface Deed {
    void in(Transaction tx) throws SQLException;
  }

  private Database(Connection connection, Changes changes) {
    this.connection = connection;
    this.changes = changes;
    this.transaction = new Transaction(connection);
  }

  static Database open(Path file, Changes changes) {
    try {
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      execute(connection, "PRAGMA journal_mode=WAL");
      execute(connection, "PRAGMA synchronous=FULL");
      execute(connection, "PRAGMA busy_timeout=10000");
      Database database = new Database(connection, changes);
      database.migrate(file);
      return database;
    } catch (SQLException e) {
      throw new UserError(
          "Could not open the coordinator's state " + file + ": " + e.getMessage(),
          "Check the directory's owner and free space, or name another one with --state.",
          e);
    }
  }

  <T extends @Nullable Object> T call(Work<T> work) {
    lock.lock();
    try {
      execute(connection, "BEGIN");
      boolean done = false;
      try {
        T result = work.in(transaction);
        execute(connection, "COMMIT");
        done = true;
        return result;
      } finally {
        boolean wrote = transaction.wrote();
        if (!done) {
          execute(connection, "ROLLBACK");
        } else if (wrote) {
          changes.signal();
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The coordinator's database failed: " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  void run(Deed deed) {
    Work<@Nullable Object> work =
        tx -> {
          deed.in(tx);
          return null;
        };
    call(work);
  }

  private void migrate(Path file) throws SQLException {
    int version = version();
    if (version > VERSION) {
      throw new UserError(
          "The coordinator's state " + file + " was written by a newer version",
          "Use that version, or name another directory with --state.");
    }
    for (int next = version + 1; next <= VERSION; next++) {
      int number = next;
      run(
          tx -> {
            for (String statement : schema(number).split(";\\s*\n")) {
              tx.update(statement);
            }
            tx.update("PRAGMA user_version=" + number);
          });
    }
  }

  private int version() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA user_version")) {
      return row.getInt(1);
    }
  }

  private static String schema(int number) {
    String name = "schema-" + number + ".sql";
    try (InputStream in = Database.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not in the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException("Could not close the coordinator's database", e);
    } finally {
      lock.unlock();
    }
  }
}
