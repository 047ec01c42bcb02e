package dev.bakehouse.rollout;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// When something is done again and again: `30m`, `6h`, `2d`, or `daily 03:30` in the time zone of
/// the machine.
sealed interface Schedule {
  Pattern INTERVAL = Pattern.compile("([1-9]\\d{0,4})([mhd])");
  Pattern DAILY = Pattern.compile("daily (\\d\\d:\\d\\d)");

  /// @param last when it was done last; empty: never
  /// @return when it is to be done; what is past is due now
  Instant due(Optional<Instant> last, Instant now, ZoneId zone);

  /// Empty when it is no schedule.
  static Optional<Schedule> parse(String text) {
    Matcher interval = INTERVAL.matcher(text);
    if (interval.matches()) {
      long count = Long.parseLong(interval.group(1));
      return Optional.of(
          new Every(
              switch (interval.group(2)) {
                case "m" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                default -> Duration.ofDays(count);
              }));
    }
    Matcher daily = DAILY.matcher(text);
    try {
      return daily.matches()
          ? Optional.of(new Daily(LocalTime.parse(daily.group(1))))
          : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /// So long after the last time; at once when there was none.
  record Every(Duration interval) implements Schedule {
    @Override
    public Instant due(Optional<Instant> last, Instant now, ZoneId zone) {
      return last.map(time -> time.plus(interval)).orElse(now);
    }
  }

  /// At a time of the day. A day on which the machine was off is made up for; the first time is the
  /// next one.
  record Daily(LocalTime time) implements Schedule {
    @Override
    public Instant due(Optional<Instant> last, Instant now, ZoneId zone) {
      ZonedDateTime after = last.orElse(now).atZone(zone);
      ZonedDateTime today = after.with(time);
      return (today.isAfter(after) ? today : after.plusDays(1).with(time)).toInstant();
    }
  }
}
