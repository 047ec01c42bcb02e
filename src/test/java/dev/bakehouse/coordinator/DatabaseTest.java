package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Work that is committed together fails alone.
class DatabaseTest {
  @TempDir Path dir;

  @Test
  void whatFailsIsUndoneAndTheOthersOfItsCommitStay() throws Exception {
    AtomicInteger settled = new AtomicInteger();
    Database database = Database.open(dir.resolve("db"), new Changes());
    try (database;
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch gate = new CountDownLatch(1);
      CountDownLatch entered = new CountDownLatch(1);
      Future<?> first =
          threads.submit(
              () ->
                  database.run(
                      tx -> {
                        entered.countDown();
                        await(gate);
                      }));
      entered.await();
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        int n = i;
        all.add(
            threads.submit(
                () ->
                    database.run(
                        tx -> {
                          tx.update("INSERT INTO uploads VALUES (?,?)", "job", "u" + n);
                          tx.before("once", late -> settled.incrementAndGet());
                          if (n == 7) {
                            throw new HttpError(422, "seven");
                          }
                          if (n == 9) {
                            tx.before(
                                "nine",
                                late -> {
                                  throw new HttpError(422, "nine");
                                });
                          }
                        })));
      }
      gate.countDown();
      first.get();
      for (int i = 0; i < 20; i++) {
        Future<?> one = all.get(i);
        if (i == 7 || i == 9) {
          assertThatThrownBy(one::get).hasRootCauseInstanceOf(HttpError.class);
        } else {
          one.get();
        }
      }
      List<String> kept =
          database.read(tx -> tx.list("SELECT uuid FROM uploads", row -> row.getString(1)));
      assertThat(kept).hasSize(18).doesNotContain("u7", "u9");
      assertThat(settled.get()).isPositive();
      assertThatThrownBy(() -> database.read(tx -> tx.update("DELETE FROM uploads")))
          .hasMessageContaining("readonly");
      assertThatThrownBy(() -> database.run(tx -> database.run(inner -> {})))
          .hasMessageContaining("may not wait");
      database.close();
      assertThatThrownBy(() -> database.run(tx -> {})).hasMessageContaining("ended");
      assertThatThrownBy(() -> database.read(tx -> 1)).isInstanceOf(IllegalStateException.class);
    }
  }

  /// The driver gives up a statement for which there was no room: it is made anew.
  @Test
  void aStatementForWhichThereWasNoRoomWorksOnceThereIs() {
    try (Database database = Database.open(dir.resolve("db"), new Changes())) {
      Database.Deed large =
          tx -> tx.update("INSERT INTO uploads VALUES (?,?)", "job", "u".repeat(1 << 20));
      pages(database, 1);
      assertThatThrownBy(() -> database.run(large)).matches(FullDisk::caused);
      assertThatThrownBy(() -> database.run(large)).matches(FullDisk::caused);
      pages(database, 1 << 20);
      database.run(large);
    }
  }

  private static void pages(Database database, int most) {
    database.run(tx -> tx.list("PRAGMA max_page_count=" + most, row -> row.getInt(1)));
  }

  /// What is damaged is told at the start, not by each request.
  @Test
  void aDamagedFileIsRefusedWithWhatToDo() throws Exception {
    Path file = dir.resolve("db");
    try (Database database = Database.open(file, new Changes())) {
      database.run(tx -> tx.update("INSERT INTO uploads VALUES (?,?)", "job", "u"));
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() / 2);
    }
    assertThatThrownBy(() -> Database.open(file, new Changes()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("damaged")
        .satisfies(e -> assertThat(((UserError) e).remedy()).contains("backup"));
  }

  private static void await(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aKilledCoordinatorLeavesNothingInTheTemporaryDirectory() throws Exception {
    Path temporary = Files.createDirectories(dir.resolve("tmp"));
    Path state = dir.resolve("served");
    Path theirs = Files.createDirectories(state.resolve(".sqlite")).resolve("notes");
    Files.writeString(theirs, "precious");
    for (int kill = 0; kill < 2; kill++) {
      Process server = CrashTest.serve(state, 0, "-Djava.io.tmpdir=" + temporary);
      try {
        CrashTest.address(state);
      } finally {
        server.destroyForcibly().waitFor();
      }
      Files.delete(state.resolve("address"));
    }
    assertThat(temporary).isEmptyDirectory();
    assertThat(theirs).hasContent("precious");
    try (var left = Files.list(state.resolve(".sqlite"))) {
      assertThat(left.filter(file -> file.toString().matches(".*/sqlite-.*(?<!\\.lck)")))
          .hasSize(1);
    }
  }
}
