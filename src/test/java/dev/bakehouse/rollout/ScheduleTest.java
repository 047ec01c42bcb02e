package dev.bakehouse.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.config.Section;
import dev.bakehouse.config.Yaml;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScheduleTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final Instant NOON = Instant.parse("2026-03-28T11:00:00Z");

  @TempDir Path dir;

  @Test
  void anIntervalCountsFromTheLastTime() {
    Schedule schedule = Schedule.parse("6h").orElseThrow();
    assertThat(schedule.due(Optional.empty(), NOON, BERLIN)).isEqualTo(NOON);
    assertThat(schedule.due(Optional.of(NOON), NOON, BERLIN)).isEqualTo("2026-03-28T17:00:00Z");
    assertThat(Schedule.parse("30m").orElseThrow().due(Optional.of(NOON), NOON, BERLIN))
        .isEqualTo("2026-03-28T11:30:00Z");
    assertThat(Schedule.parse("2d").orElseThrow().due(Optional.of(NOON), NOON, BERLIN))
        .isEqualTo("2026-03-30T11:00:00Z");
  }

  @Test
  void aTimeOfTheDayIsTheMachinesAlsoWhenTheClockIsSetForward() {
    Schedule schedule = Schedule.parse("daily 03:30").orElseThrow();
    assertThat(schedule.due(Optional.empty(), NOON, BERLIN)).isEqualTo("2026-03-29T01:30:00Z");
    assertThat(schedule.due(Optional.empty(), NOON, ZoneId.of("UTC")))
        .isEqualTo("2026-03-29T03:30:00Z");
    Instant twoDaysAgo = Instant.parse("2026-03-26T02:31:00Z");
    assertThat(schedule.due(Optional.of(twoDaysAgo), NOON, BERLIN)).isBefore(NOON);
    // 02:30 does not exist on that day.
    assertThat(Schedule.parse("daily 02:30").orElseThrow().due(Optional.of(NOON), NOON, BERLIN))
        .isEqualTo("2026-03-29T01:30:00Z");
  }

  @Test
  void whatIsNoScheduleIsNone() {
    for (String text : List.of("", "6", "0h", "6 h", "-1d", "daily", "daily 3:30", "daily 24:00")) {
      assertThat(Schedule.parse(text)).as(text).isEmpty();
    }
  }

  @Test
  void theConfigurationSaysWhatIsMissing() {
    assertThatThrownBy(() -> config("{every: often}"))
        .hasMessageContaining("`often`, which is no time to do it again");
    assertThatThrownBy(() -> config("{every: 6h}")).hasMessageContaining("needs `repository`");
    assertThatThrownBy(() -> config("{every: 6h, repository: 'https://x/y.git'}"))
        .hasMessageContaining("needs a rollout");
    assertThat(config("{}").every()).isEmpty();
  }

  @Test
  void theLastTimeOutlivesTheDaemon() {
    RefreshConfig config = new RefreshConfig(Schedule.parse("6h"), "r");
    RefreshTimes times = RefreshTimes.of(config, dir).orElseThrow();
    assertThat(times.due(NOON)).isEqualTo(NOON);
    times.done(NOON);
    assertThat(RefreshTimes.of(config, dir).orElseThrow().due(NOON))
        .isEqualTo("2026-03-28T17:00:00Z");
  }

  private static RefreshConfig config(String refresh) {
    Section image =
        Yaml.parse("bakehouse.yml", "image: {refresh: " + refresh + "}").section("image");
    return RefreshConfig.read(
        image.section("refresh"), RolloutConfig.read(image.section("rollout")));
  }
}
