package dev.bakehouse.coordinator;

import dev.bakehouse.platform.ProgramFiles;
import dev.bakehouse.platform.UserError;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;

/// One SQLite file: one thread that writes ([DatabaseWriter]) and a few connections that only read.
/// What [#call] did is on disk when it returns; [#read] sees all that was on disk when it began.
final class Database implements AutoCloseable {
  private static final int VERSION = 5;
  private static final int READERS = 2;
  private static final Set<Integer> DAMAGED =
      Set.of(SQLiteErrorCode.SQLITE_CORRUPT.code, SQLiteErrorCode.SQLITE_NOTADB.code);

  private final DatabaseWriter writer;
  private final List<Connection> connections = new ArrayList<>();
  private final BlockingQueue<Transaction> readers = new ArrayBlockingQueue<>(READERS);

  /// What is done in one transaction; an exception undoes it.
  interface Work<T extends @Nullable Object> {
    T in(Transaction tx) throws SQLException;
  }

  /// Like [Work] without a result.
  interface Deed {
    void in(Transaction tx) throws SQLException;
  }

  private Database(Path file, Changes changes) throws SQLException {
    Connection main = connect(file);
    execute(main, "PRAGMA journal_mode=WAL");
    execute(main, "PRAGMA synchronous=FULL");
    migrate(file, main);
    check(file, main);
    writer = new DatabaseWriter(main, changes);
    for (int i = 0; i < READERS; i++) {
      Connection reader = connect(file);
      execute(reader, "PRAGMA query_only=1");
      readers.add(new Transaction(reader));
    }
  }

  /// @throws UserError when the file can not be used, or is of a newer version
  static Database open(Path file, Changes changes) {
    try {
      return new Database(file, changes);
    } catch (SQLException e) {
      if (DAMAGED.contains(e.getErrorCode())) {
        throw damaged(file, String.valueOf(e.getMessage()));
      }
      throw new UserError(
          "Could not open the coordinator's state " + file + ": " + e.getMessage(),
          "Check the directory's owner and free space, or name another one with --state.",
          e);
    }
  }

  private Connection connect(Path file) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    connections.add(connection);
    execute(connection, "PRAGMA busy_timeout=10000");
    return connection;
  }

  <T extends @Nullable Object> T call(Work<T> work) {
    return writer.call(work);
  }

  void run(Deed deed) {
    Work<@Nullable Object> work =
        tx -> {
          deed.in(tx);
          return null;
        };
    call(work);
  }

  /// Work that changes nothing; it does not wait for what is being written.
  <T extends @Nullable Object> T read(Work<T> work) {
    @Nullable Transaction tx = null;
    try {
      tx = readers.take();
      tx.begin();
      try {
        return work.in(tx);
      } finally {
        tx.commit();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(
          "Reading the coordinator's database failed: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The coordinator is ending", e);
    } finally {
      if (tx != null) {
        readers.add(tx);
      }
    }
  }

  private static void migrate(Path file, Connection connection) throws SQLException {
    int version = version(connection);
    if (version > VERSION) {
      throw new UserError(
          "The coordinator's state " + file + " was written by a newer version",
          "Use that version, or name another directory with --state.");
    }
    for (int next = version + 1; next <= VERSION; next++) {
      execute(connection, "BEGIN");
      for (String statement :
          ProgramFiles.text(Database.class, "schema-" + next + ".sql").split(";\\s*\n")) {
        execute(connection, statement);
      }
      execute(connection, "PRAGMA user_version=" + next);
      execute(connection, "COMMIT");
    }
  }

  /// Each request would fail by itself else, and none would say what to do.
  private static void check(Path file, Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
      String found = row.getString(1);
      if (!found.equals("ok")) {
        throw damaged(file, found);
      }
    }
  }

  private static UserError damaged(Path file, String what) {
    return new UserError(
        "The coordinator's state " + file + " is damaged: " + what,
        "Put a backup of the directory in its place, or move the file and those beside it that begin"
            + " as it does away: then the coordinator begins anew, without the builds there were.");
  }

  private static int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA user_version")) {
      return row.getInt(1);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /// Waits for what is being done; later calls fail.
  @Override
  public void close() {
    writer.close();
    try {
      List<Transaction> idle = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        idle.add(readers.take());
      }
      for (Connection connection : connections) {
        connection.close();
      }
      // Who comes late is told so by them.
      readers.addAll(idle);
    } catch (SQLException e) {
      throw new IllegalStateException("Could not close the coordinator's database", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
