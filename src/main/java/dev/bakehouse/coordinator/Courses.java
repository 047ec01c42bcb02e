package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Builds under way as the [Scheduler] knows them, beside the thread that writes: a build of
/// thousands of jobs is not read again at each one's end, only the rows that were written since.
/// The tables are the truth: whatever was undone, all of it is read again.
final class Courses {
  /// So many steps and jobs stay in memory, and at least the build that is asked for.
  private static final int MOST = 40_000;

  private final LinkedHashMap<String, Course> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long undone;

  /// One build. What it gives stays as it is while others write.
  static final class Course {
    private final Steps steps;
    private final TreeMap<Long, Standing> latest = new TreeMap<>();

    private Course(Transaction tx, String build) throws SQLException {
      steps = new Steps(StepRow.ofBuild(tx, build));
      tx.list(
              Standing.SELECT + "build=? AND retried_in IS NULL",
              row -> Standing.row(row, steps),
              build)
          .forEach(this::put);
    }

    Steps steps() {
      return steps;
    }

    /// The latest attempts, in the order they were made.
    List<Standing> jobs() {
      return List.copyOf(latest.values());
    }

    private void put(Standing job) {
      if (job.latest()) {
        latest.put(job.seq(), job);
      } else {
        latest.remove(job.seq());
      }
    }

    private int size() {
      return steps.count() + latest.size();
    }

    private boolean same(Course other) {
      return latest.toString().equals(other.latest.toString())
          && steps.nodes().toString().equals(other.steps.nodes().toString());
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
      if (known != null || !course.latest.containsKey(seq)) {
        renew(tx, seq);
      }
    }
    if (known == null) {
      kept.put(build, course);
      shrink(build);
    }
    assert course.same(new Course(tx, build)) : "Build " + build + " is kept as it is not";
    return course;
  }

  private void renew(Transaction tx, long seq) throws SQLException {
    boolean gone = tx.list(Standing.SELECT + "seq=?", this::renew, seq).isEmpty();
    if (gone) {
      kept.values().forEach(course -> course.latest.remove(seq));
    }
  }

  private boolean renew(ResultSet row) throws SQLException {
    Course course = kept.get(row.getString(3));
    if (course != null) {
      course.put(Standing.row(row, course.steps));
    }
    return course != null;
  }

  /// It is over, or its steps are others now.
  void forget(String build) {
    kept.remove(build);
  }

  private void shrink(String latest) {
    int size = kept.values().stream().mapToInt(Course::size).sum();
    Iterator<Map.Entry<String, Course>> oldest = kept.entrySet().iterator();
    while (size > MOST && oldest.hasNext()) {
      Map.Entry<String, Course> each = oldest.next();
      if (!each.getKey().equals(latest)) {
        size -= each.getValue().size();
        oldest.remove();
      }
    }
  }
}
