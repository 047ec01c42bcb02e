package dev.bakehouse.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import dev.bakehouse.snapshot.Node.File;
import dev.bakehouse.store.DirectoryStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Trees that others write while they are saved.
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChangingTreeTest {
  private static final int SIZE = 5 << 20;

  @TempDir Path dir;
  private Path source;

  @BeforeEach
  void make() throws IOException {
    source = Files.createDirectories(dir.resolve("source"));
    Files.write(source.resolve("f"), new byte[SIZE]);
  }

  /// What happens to a file while it is read.
  interface Meanwhile {
    void change(int reading) throws IOException;
  }

  @Test
  void aFileThatIsRewrittenIsWhatItWasAtOneMoment() throws IOException {
    byte[] fresh = new byte[SIZE];
    java.util.Arrays.fill(fresh, (byte) 'n');
    Snapshot saved =
        save(
            reading -> {
              if (reading == 1) {
                Files.write(source.resolve("f"), fresh);
              }
            });
    new HostTarget(dir.resolve("target"), HostTarget.Rules.PLAIN).restore(saved);

    assertThat(Files.mismatch(dir.resolve("target/f"), source.resolve("f"))).isEqualTo(-1);
    assertThat(Tree.describe(dir.resolve("target"))).isEqualTo(Tree.describe(source));
  }

  @Test
  void oneThatNeverRestsIsNotSaved() {
    assertThatThrownBy(
            () -> save(reading -> Files.write(source.resolve("f"), new byte[] {(byte) reading})))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("f changes while it is read");
  }

  @Test
  void oneThatBecameAFifoIsNotWaitedFor() throws IOException {
    HostTree tree = new HostTree(source, p -> false);
    TreeSource changing =
        new Listed(tree) {
          @Override
          public void read(List<File> files, Reader reader) throws IOException {
            Files.delete(source.resolve("f"));
            Command.of("mkfifo", "f").in(source).check();
            tree.read(files, reader);
          }
        };
    assertThatThrownBy(() -> save(changing))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("source/f");
  }

  @Test
  void directoriesThatComeAndGoAreNoFailure() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    Thread churn =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; !stop.get(); i++) {
                    Path each = source.resolve("d" + i % 20);
                    try {
                      Files.createDirectories(each);
                      Files.deleteIfExists(source.resolve("d" + (i + 10) % 20));
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  }
                });
    AtomicInteger nodes = new AtomicInteger();
    try {
      for (int i = 0; i < 500; i++) {
        new HostTree(source, p -> false).list(node -> nodes.incrementAndGet());
      }
    } finally {
      stop.set(true);
      churn.join();
    }
    assertThat(nodes.get()).as("directories seen").isGreaterThan(2 * 500);
  }

  /// A tree that lists as another does.
  private abstract static class Listed implements TreeSource {
    private final TreeSource tree;

    Listed(TreeSource tree) {
      this.tree = tree;
    }

    @Override
    public void list(Visitor visitor) throws IOException {
      tree.list(visitor);
    }
  }

  private Snapshot save(Meanwhile meanwhile) throws IOException {
    AtomicInteger readings = new AtomicInteger();
    HostTree tree = new HostTree(source, p -> false);
    return save(
        new Listed(tree) {
          @Override
          public void read(List<File> files, Reader reader) throws IOException {
            tree.read(
                files, (file, in) -> reader.file(file, new Interrupted(in, meanwhile, readings)));
          }
        });
  }

  private Snapshot save(TreeSource tree) throws IOException {
    DirectoryStore store = new DirectoryStore(dir.resolve("store"));
    try (Draft draft =
        new Saver(store, Optional.empty(), Optional.empty(), Node.UNKNOWN).save(tree)) {
      return Snapshot.open(store, draft.publish().id()).orElseThrow();
    }
  }

  /// The file changes after its first bytes were read.
  private static final class Interrupted extends InputStream {
    private final InputStream in;
    private final Meanwhile meanwhile;
    private final AtomicInteger readings;
    private boolean begun;

    Interrupted(InputStream in, Meanwhile meanwhile, AtomicInteger readings) {
      this.in = in;
      this.meanwhile = meanwhile;
      this.readings = readings;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
      int count = in.read(buffer, from, length);
      if (!begun) {
        begun = true;
        meanwhile.change(readings.incrementAndGet());
      }
      return count;
    }
  }
}
