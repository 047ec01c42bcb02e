package dev.bakehouse.coordinator;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// When jobs are to be over. The table has it as a time of day, for the next start; while the
/// coordinator runs only the time that passes counts: a clock that is set ends no job, and lets
/// none go on. All in milliseconds.
final class Deadlines {
  /// What two clocks may differ by.
  private static final long NOISE = 1000;

  private final LongSupplier clock;
  private final LongSupplier passing;
  private final Map<String, End> ends = new ConcurrentHashMap<>();

  /// @param told what the table has
  private record End(long told, long at) {}

  /// @param clock the time of day
  /// @param passing time that nobody sets
  Deadlines(LongSupplier clock, LongSupplier passing) {
    this.clock = clock;
    this.passing = passing;
  }

  /// What the table is to have for a job that may go on for a time from now.
  long in(String job, Duration limit) {
    return in(job, limit.toMillis());
  }

  private long in(String job, long left) {
    long told = clock.getAsLong() + left;
    ends.put(job, new End(told, passing.getAsLong() + left));
    return told;
  }

  /// The same, unless it is to be over sooner anyway.
  ///
  /// @param told what the table has
  long within(String job, long told, Duration limit) {
    return left(job, told) <= limit.toMillis() ? told : in(job, limit);
  }

  boolean passed(String job, long told) {
    return left(job, told) < 0;
  }

  /// What the table is to have, now that the clock may have been set.
  long corrected(String job, long told) {
    long left = left(job, told);
    return Math.abs(clock.getAsLong() + left - told) > NOISE ? in(job, left) : told;
  }

  /// Forgets all others.
  void keep(Set<String> jobs) {
    ends.keySet().retainAll(jobs);
  }

  /// Where the table has what an earlier run left, or what could not be replaced on a full disk,
  /// the time of day says it once.
  private long left(String job, long told) {
    End end = ends.get(job);
    if (end == null || end.told != told) {
      end = new End(told, passing.getAsLong() + told - clock.getAsLong());
      ends.put(job, end);
    }
    return end.at - passing.getAsLong();
  }
}
