package dev.bakehouse.job;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Processes;
import dev.bakehouse.platform.Processes.Identity;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// `STATE/jobs`: what the last jobs of a host were and how long their phases took, a file each;
/// `now-PID-N.json` of one that runs, `MILLIS-PID-N.json` of one that has ended. Jobs write beside
/// each other without a lock, each file in one step. Nobody's work depends on them: what can not be
/// read is left out, and goes with time.
public final class JobRecords {
  /// So many that have ended are kept.
  public static final int KEPT = 100;

  private static final int LARGEST = 1 << 18;
  private static final String NOW = "now-";
  private static final Duration LONGEST_WRITE = Duration.ofHours(1);
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final AtomicLong COUNT = new AtomicLong();

  private final Path directory;

  /// Of files that do not change any more.
  private final Map<String, Optional<JobRecord>> known = new ConcurrentHashMap<>();

  public JobRecords(Path state) {
    this.directory = state.resolve("jobs");
  }

  /// Notes that this process runs a job.
  ///
  /// @return for [#end]
  /// @throws UserError when it can not be noted
  Begun begin(Job job, String image) {
    JobRecord record = JobRecord.begun(job, image, Processes.self().text());
    Begun begun =
        new Begun(record, ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + ".json");
    write(NOW + begun.name(), record);
    return begun;
  }

  /// @param name of its file, after what says whether it runs
  record Begun(JobRecord record, String name) {}

  /// Notes how a job ended, and lets the oldest of those that have ended go.
  ///
  /// @throws UserError when it can not be noted
  void end(Begun begun, JobRecord ended) {
    String ends = String.format(Locale.ROOT, "%015d-%s", System.currentTimeMillis(), begun.name());
    write(ends, ended);
    delete(NOW + begun.name());
    List<String> all = names();
    List<String> over = all.stream().filter(name -> !name.startsWith(NOW)).sorted().toList();
    over.subList(0, Math.max(0, over.size() - KEPT)).forEach(this::delete);
    all.stream()
        .filter(name -> name.startsWith(NOW) && read(name).filter(JobRecords::lives).isEmpty())
        .forEach(this::delete);
    remains().forEach(this::delete);
  }

  /// Those that have ended by the names of their files, the newest first.
  ///
  /// @throws UserError when the directory can not be read
  public SequencedMap<String, JobRecord> ended() {
    List<String> names = names().stream().filter(name -> !name.startsWith(NOW)).toList();
    known.keySet().retainAll(names);
    SequencedMap<String, JobRecord> all = new TreeMap<>(Comparator.reverseOrder());
    names.forEach(name -> known(name).ifPresent(job -> all.put(name, job)));
    return all;
  }

  private Optional<JobRecord> known(String name) {
    try {
      if (!known.containsKey(name)) {
        known.put(name, contents(name));
      }
      return known.getOrDefault(name, Optional.empty());
    } catch (IOException e) {
      // Perhaps it can be read the next time.
      return Optional.empty();
    }
  }

  /// Those whose processes live, by the id of the job.
  ///
  /// @throws UserError when the directory can not be read
  public Map<String, JobRecord> running() {
    Map<String, JobRecord> all = new HashMap<>();
    names().stream()
        .filter(name -> name.startsWith(NOW))
        .flatMap(name -> read(name).stream())
        .filter(JobRecords::lives)
        .forEach(job -> all.put(job.id(), job));
    return all;
  }

  private static boolean lives(JobRecord job) {
    return Identity.parse(job.process()).flatMap(Identity::alive).isPresent();
  }

  private Optional<JobRecord> read(String name) {
    try {
      return contents(name);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// @return empty when it is no record, and never will be
  private Optional<JobRecord> contents(String name) throws IOException {
    Path file = directory.resolve(name);
    if (Files.size(file) > LARGEST) {
      return Optional.empty();
    }
    byte[] json = Files.readAllBytes(file);
    try {
      return Optional.of(JSON.readValue(json, JobRecord.class));
    } catch (JacksonException | DateTimeException | NullPointerException e) {
      return Optional.empty();
    }
  }

  private void write(String name, JobRecord job) {
    byte[] json = JSON.writeValueAsBytes(job);
    Path draft = directory.resolve("." + name);
    try {
      Directories.makePrivate(directory);
      // What a power cut takes of it nobody misses.
      Files.write(
          draft, json.length > LARGEST ? JSON.writeValueAsBytes(job.withoutCaches()) : json);
      Files.move(draft, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failed("write", name, e);
    }
  }

  private List<String> names() {
    return files().stream().filter(name -> !name.startsWith(".")).toList();
  }

  /// Drafts of processes that died over them: nobody writes for so long.
  private List<String> remains() {
    Instant before = Instant.now().minus(LONGEST_WRITE);
    return files().stream().filter(name -> name.startsWith(".") && older(name, before)).toList();
  }

  private boolean older(String name, Instant than) {
    try {
      return Files.getLastModifiedTime(directory.resolve(name)).toInstant().isBefore(than);
    } catch (IOException e) {
      return false;
    }
  }

  private List<String> files() {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.endsWith(".json"))
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw failed("read", "", e);
    }
  }

  private void delete(String name) {
    try {
      Files.deleteIfExists(directory.resolve(name));
    } catch (IOException e) {
      throw failed("remove", name, e);
    }
  }

  private UserError failed(String what, String name, IOException e) {
    return new UserError(
        "Could not " + what + " " + directory.resolve(name) + ": " + Reason.of(e),
        "Check its owner, its mode and the free space.",
        e);
  }
}
