package dev.bakehouse.coordinator;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
    private final List<Standing> latest;

    private Course(Transaction tx, String build) throws SQLException {
      steps = new Steps(StepRow.ofBuild(tx, build));
      latest =
          tx.list(
              Standing.SELECT + "build=? AND retried_in IS NULL ORDER BY seq",
              row -> Standing.row(row, steps),
              build);
    }

    Steps steps() {
      return steps;
    }

    /// The latest attempts, in the order they were made.
    List<Standing> jobs() {
      return List.copyOf(latest);
    }

    /// Where a job is; below 0 when it is not there, `-1 - x` for one that belongs to `x`.
    private int place(long seq) {
      int low = 0;
      int high = latest.size() - 1;
      while (low <= high) {
        int middle = (low + high) / 2;
        long there = latest.get(middle).seq();
        if (there == seq) {
          return middle;
        }
        if (there < seq) {
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      return -1 - low;
    }

    private void put(Standing job) {
      int place = place(job.seq());
      if (!job.latest()) {
        remove(job.seq());
      } else if (place < 0) {
        latest.add(-1 - place, job);
      } else {
        latest.set(place, job);
      }
    }

    private void remove(long seq) {
      int place = place(seq);
      if (place >= 0) {
        latest.remove(place);
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
      if (known != null || course.place(seq) < 0) {
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
      kept.values().forEach(course -> course.remove(seq));
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
