package dev.bakehouse.snapshot;

import dev.bakehouse.platform.Boot;
import dev.bakehouse.platform.DirectoryListing;
import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.Posix;
import dev.bakehouse.platform.PosixFile;
import dev.bakehouse.platform.RawEnvironment;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What is known of a directory, in a file beside it: `.NAME.bakehouse`.
///
/// While a restore writes it says so: what it left half-way is never taken for a cache. Afterwards
/// it names the snapshot, the kernel's boot, and a moment of the file system's clock: a file that
/// did not change since then, by its `ctime`, and has the snapshot's size and time, is the
/// snapshot's file. Nothing is synced, so that holds until the next boot: after a power cut such a
/// file may be zeros.
public final class Seal {
  private static final Pattern WHOLE =
      Pattern.compile("whole ([0-9a-f]{64}) (\\d{1,19}) ([0-9a-fA-F-]+)\n");
  private static final byte[] PARTIAL = "partial\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] AFRESH = "afresh\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] OURS = "ours\n".getBytes(StandardCharsets.US_ASCII);
  private static final int LONGEST = 200;
  private static final long LONGEST_TICK = 20_000_000;

  private final Path lock;
  private final String file;
  private final String fresh;

  public Seal(Path directory) {
    Path whole = directory.toAbsolutePath();
    Path name = whole.getFileName();
    String shown = name == null ? "top" : name.toString();
    lock = whole.resolveSibling("." + shown + ".bakehouse.lock");
    file = RawEnvironment.raw(whole.resolveSibling("." + shown + ".bakehouse").toString());
    fresh = file + "." + ProcessHandle.current().pid();
  }

  /// @param moment nanoseconds since the epoch; what changed then counts as changed since
  public record State(String snapshot, long moment) {}

  /// What a restore to the directory holds while it writes.
  Optional<ExclusiveLock> tryLock() {
    return ExclusiveLock.tryOn(lock);
  }

  /// What a save of the directory holds while it reads, after restores and saves that are at work:
  /// what it would see of another state beside its own is no state at all.
  ///
  /// @throws dev.bakehouse.platform.UserError where nothing can be written beside the directory, so
  ///   that nobody can restore to it either
  public ExclusiveLock lock() {
    return ExclusiveLock.on(lock);
  }

  /// What it says, to be compared.
  public String text() {
    return content();
  }

  /// Writes a state unless something else was noted since. The caller has the lock.
  ///
  /// @param before what it said when the state was looked at
  public void writeUnlessChanged(String before, State state) throws IOException {
    if (content().equals(before)) {
      write(state);
    }
  }

  /// Empty when nothing is known, or was in another boot.
  public Optional<State> read() {
    Matcher matcher = WHOLE.matcher(content());
    return matcher.matches() && Boot.isPresent(matcher.group(3))
        ? Optional.of(new State(matcher.group(1), Long.parseLong(matcher.group(2))))
        : Optional.empty();
  }

  /// Whether a restore began and did not end.
  public boolean partial() {
    return content().equals(new String(PARTIAL, StandardCharsets.US_ASCII));
  }

  /// Whether what was restored here last has other bytes in the store than were saved, so that the
  /// next save must take nothing over from it.
  public boolean afresh() {
    return content().equals(new String(AFRESH, StandardCharsets.US_ASCII));
  }

  /// Whether anything was ever restored to the directory or saved from it.
  public boolean exists() {
    return !content().isEmpty();
  }

  /// A power cut may leave the name of a state without its bytes.
  private String content() {
    try (FileStream in = new FileStream(file)) {
      String text = new String(in.readNBytes(LONGEST), StandardCharsets.ISO_8859_1);
      return text.replace("\0", "").isEmpty()
          ? new String(PARTIAL, StandardCharsets.US_ASCII)
          : text;
    } catch (IOException e) {
      return "";
    }
  }

  /// From now on the directory may be anything.
  public void breakIt() throws IOException {
    write(PARTIAL);
  }

  /// The directory's next save stores all of it: see [#afresh()].
  void distrust() throws IOException {
    write(AFRESH);
  }

  /// The directory is a restore's, and nothing is known of what it holds.
  void claim() throws IOException {
    write(OURS);
  }

  public void remove() throws IOException {
    remove(file);
  }

  /// The file system's clock, now.
  public long moment() throws IOException {
    remove(fresh);
    PosixFile.close(PosixFile.create(fresh));
    long now = DirectoryListing.stat(fresh).ctime();
    remove(fresh);
    return now;
  }

  /// The next moment the file system's clock knows, beyond all that was just written: a directory
  /// whose time was set in the sealed moment would count as changed, with all that lies in it.
  ///
  /// @return the same moment where the clock goes by longer ticks than are worth waiting for
  long nextMoment() throws IOException {
    long end = System.nanoTime() + LONGEST_TICK;
    long begun = moment();
    long now = begun;
    while (now == begun && System.nanoTime() < end) {
      now = moment();
    }
    return now;
  }

  public void write(State state) throws IOException {
    String text = "whole " + state.snapshot() + " " + state.moment() + " " + Boot.id() + "\n";
    write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private void write(byte[] bytes) throws IOException {
    remove(fresh);
    int out = PosixFile.create(fresh);
    try {
      PosixFile.write(out, 0, MemorySegment.ofArray(bytes), fresh);
    } finally {
      PosixFile.close(out);
    }
    Posix.rename(fresh, file);
  }

  private static void remove(String path) throws IOException {
    try {
      Posix.remove(path);
    } catch (NoSuchFileException e) {
      // There was none.
    }
  }
}
