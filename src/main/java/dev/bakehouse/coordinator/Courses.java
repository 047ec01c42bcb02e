package dev.bakehouse.coordinator;

import java.sql.SQLException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Builds under way as the [Scheduler] knows them, beside the thread that writes: a build of
/// thousands of jobs is not read again at each one's end, only the rows that were written since.
/// The tables are the truth: whatever was undone, all of it is read again.
final class Courses {
  /// So many jobs stay in memory, and at least the build that is asked for.
  private static final int MOST_JOBS = 20_000;

  private final LinkedHashMap<String, Course> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long undone;

  /// One build. What it gives stays as it is while others write.
  static final class Course {
    private final Steps steps;
    private final TreeMap<Long, Standing> bySeq = new TreeMap<>();
    private List<Standing> jobs = List.of();

    private Course(Transaction tx, String build) throws SQLException {
      steps = new Steps(StepRow.ofBuild(tx, build));
      tx.list(Standing.SELECT + "build=?", Standing::row, build).forEach(this::put);
    }

    Steps steps() {
      return steps;
    }

    /// The latest attempts, in the order they were made.
    List<Standing> jobs() {
      if (jobs.isEmpty()) {
        jobs = List.copyOf(bySeq.values());
      }
      return jobs;
    }

    private void put(Standing job) {
      remove(job.seq());
      if (job.latest()) {
        bySeq.put(job.seq(), job);
      }
    }

    private void remove(long seq) {
      jobs = List.of();
      bySeq.remove(seq);
    }
  }

  /// A build as it is now.
  Course of(Transaction tx, String build) throws SQLException {
    if (undone != tx.undone()) {
      kept.clear();
      undone = tx.undone();
    }
    Course known = kept.get(build);
    Course course = known == null ? new Course(tx, build) : known;
    for (long seq : tx.writtenJobs()) {
      if (known != null || !course.bySeq.containsKey(seq)) {
        renew(tx, seq);
      }
    }
    if (known == null) {
      kept.put(build, course);
      shrink(build);
    }
    return course;
  }

  private void renew(Transaction tx, long seq) throws SQLException {
    Optional<Standing> now = tx.one(Standing.SELECT + "seq=?", Standing::row, seq);
    if (now.isEmpty()) {
      kept.values().forEach(course -> course.remove(seq));
    } else if (kept.containsKey(now.get().build())) {
      kept.get(now.get().build()).put(now.get());
    }
  }

  /// It is over, or its steps are others now.
  void forget(String build) {
    kept.remove(build);
  }

  private void shrink(String latest) {
    int jobs = kept.values().stream().mapToInt(course -> course.bySeq.size()).sum();
    Iterator<Map.Entry<String, Course>> oldest = kept.entrySet().iterator();
    while (jobs > MOST_JOBS && oldest.hasNext()) {
      Map.Entry<String, Course> each = oldest.next();
      if (!each.getKey().equals(latest)) {
        jobs -= each.getValue().bySeq.size();
        oldest.remove();
      }
    }
  }
}
