package dev.bakehouse.coordinator;

import dev.bakehouse.platform.Threads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/// The thread that writes. What came while it wrote goes into one commit, each piece behind a
/// savepoint of its own: a thousand agents at once wait for a few writes to disk, not for a
/// thousand. Work may be done twice, when something else in its commit failed; it must not count.
final class DatabaseWriter implements AutoCloseable {
  private static final Logger LOG = System.getLogger(DatabaseWriter.class.getName());
  private static final int MOST_AT_ONCE = 256;

  private final BlockingQueue<Task<?>> queue = new LinkedBlockingQueue<>();
  private final Task<@Nullable Object> end = new Task<>(tx -> null);
  private final Transaction transaction;
  private final Changes changes;
  private final Thread thread;
  private volatile boolean closed;

  private static final class Task<T extends @Nullable Object> {
    private final Database.Work<T> work;
    private final CompletableFuture<T> answer = new CompletableFuture<>();
    private @Nullable Throwable failure;
    private @Nullable T result;

    Task(Database.Work<T> work) {
      this.work = work;
    }

    /// Runs the work; when that fails, undoes it.
    void run(Transaction tx) throws SQLException {
      tx.mark();
      failure = null;
      try {
        result = work.in(tx);
      } catch (SQLException | RuntimeException | Error e) {
        failure = e;
        tx.undo(e);
      }
      tx.unmark();
    }

    /// Tells the caller what came of it.
    @SuppressWarnings("NullAway") // T may be nullable: then so is the result.
    void tell() {
      if (failure == null) {
        answer.complete(result);
      } else {
        answer.completeExceptionally(failure);
      }
    }
  }

  DatabaseWriter(Connection connection, Changes changes) throws SQLException {
    this.transaction = new Transaction(connection);
    transaction.watch();
    this.changes = changes;
    this.thread = Thread.ofPlatform().daemon().name("coordinator-writer").start(this::work);
  }

  /// Does the work in the writing thread and returns when it is on disk.
  <T extends @Nullable Object> T call(Database.Work<T> work) {
    if (thread.equals(Thread.currentThread())) {
      throw new IllegalStateException("A transaction may not wait for another one");
    }
    Task<T> task = new Task<>(work);
    queue.add(task);
    if (closed) {
      refuse();
    }
    try {
      return task.answer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("The coordinator's database failed: " + e.getCause(), e);
    }
  }

  private void work() {
    List<Task<?>> batch = new ArrayList<>();
    boolean more = true;
    while (more) {
      try {
        batch.add(queue.take());
      } catch (InterruptedException e) {
        break;
      }
      queue.drainTo(batch, MOST_AT_ONCE);
      more = !batch.contains(end);
      try {
        commit(batch);
      } catch (RuntimeException | Error e) {
        // Nobody who waits may wait for ever.
        LOG.log(Level.ERROR, "The database's writer failed; it goes on", e);
        batch.forEach(task -> task.answer.completeExceptionally(e));
      }
      batch.clear();
    }
    closed = true;
    refuse();
  }

  private void commit(List<Task<?>> batch) {
    try {
      transaction.begin();
      for (Task<?> task : batch) {
        task.run(transaction);
      }
      transaction.settle();
      transaction.commit();
    } catch (SQLException | RuntimeException | Error e) {
      transaction.rollback();
      if (batch.size() == 1) {
        batch.getFirst().answer.completeExceptionally(e);
      } else {
        // Each alone: then only the one that is to blame fails.
        batch.forEach(task -> commit(List.of(task)));
      }
      return;
    }
    if (transaction.wrote()) {
      changes.signal();
    }
    batch.forEach(Task::tell);
  }

  private void refuse() {
    List<Task<?>> late = new ArrayList<>();
    queue.drainTo(late);
    for (Task<?> task : late) {
      task.answer.completeExceptionally(new IllegalStateException("The coordinator has ended"));
    }
  }

  /// Does what was asked before.
  @Override
  public void close() {
    queue.add(end);
    Threads.join(List.of(thread));
  }
}
