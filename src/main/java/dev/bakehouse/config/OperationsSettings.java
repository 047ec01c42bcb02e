package dev.bakehouse.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Keys of the `host:` section: what the daemon does about trouble, and who hears of it. See
/// docs/operations.md.
///
/// @param queues `routing: queues`: the agents' queue says whether the host is ready
/// @param webhooks who is told of a change of readiness
/// @param cleanUp `clean-up-days`: what the daemon pulled goes when nothing has needed it for that
///   long; empty for never
/// @param web where its daemon shows how it stands; empty when it does not
public record OperationsSettings(
    boolean queues,
    Breaker breaker,
    Quarantine quarantine,
    Evidence evidence,
    List<Webhook> webhooks,
    Optional<Duration> cleanUp,
    Optional<WebSettings> web) {
  private static final int CLEAN_UP_DAYS = 7;
  private static final int EVIDENCE_DAYS = 7;

  /// `breaker`.
  ///
  /// @param failures so many infrastructure failures in a row pause the host
  /// @param firstPause after the first probe that fails; each later one is twice as long
  /// @param longestPause what pauses grow to
  /// @param probe how long a probe may take
  public record Breaker(int failures, Duration firstPause, Duration longestPause, Duration probe) {}

  /// `quarantine`.
  ///
  /// @param keep whose VMs are kept
  /// @param most how many at once
  /// @param time until one is removed
  public record Quarantine(Keep keep, int most, Duration time) {}

  /// `evidence`: what is kept of jobs that failed.
  ///
  /// @param keep how long; empty when nothing is collected
  /// @param most bytes of it on the host
  /// @param upload whether it also becomes artifacts of the job
  /// @param cores whether dumps of processes that crashed are part of it: nobody can take a job's
  ///   secrets out of those
  public record Evidence(Optional<Duration> keep, long most, boolean upload, boolean cores) {}

  /// Which jobs' VMs are kept for inspection.
  public enum Keep {
    NEVER,
    /// Those of jobs that the machinery failed.
    INFRASTRUCTURE,
    /// Those, and those of jobs whose command failed.
    FAILED;

    /// As people write it.
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static Keep of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  /// One of `webhooks`.
  ///
  /// @param secretFile holds the key of the signatures
  public record Webhook(URI url, Optional<Path> secretFile) {}

  /// @param host the section `host`, which stays open
  public static OperationsSettings read(Section host) {
    Section breaker = host.section("breaker");
    Section quarantine = host.section("quarantine");
    Section evidence = host.section("evidence");
    int days = host.number("clean-up-days", CLEAN_UP_DAYS, 0, 36_500);
    OperationsSettings settings =
        new OperationsSettings(
            host.choice("routing", "tags", List.of("tags", "queues")).equals("queues"),
            new Breaker(
                breaker.number("failures", 3, 1, 100),
                Duration.ofSeconds(breaker.number("first-pause-seconds", 60, 1, 86_400)),
                Duration.ofSeconds(breaker.number("longest-pause-seconds", 3600, 1, 86_400)),
                Duration.ofSeconds(breaker.number("probe-seconds", 900, 1, 86_400))),
            new Quarantine(
                Keep.of(
                    quarantine.choice(
                        "keep", "never", List.of("never", "infrastructure", "failed"))),
                quarantine.number("most", 1, 1, 64),
                Duration.ofHours(quarantine.number("hours", 4, 1, 24 * 30))),
            new Evidence(
                days(evidence.number("keep-days", EVIDENCE_DAYS, 0, 36_500)),
                (long) evidence.number("max-mb", 500, 64, 1 << 20) << 20,
                evidence.flag("upload", true),
                evidence.flag("cores", false)),
            host.sections("webhooks").stream().map(OperationsSettings::webhook).toList(),
            days(days),
            WebSettings.read(host));
    breaker.close();
    quarantine.close();
    evidence.close();
    return settings;
  }

  /// Zero stands for never.
  private static Optional<Duration> days(int days) {
    return days == 0 ? Optional.empty() : Optional.of(Duration.ofDays(days));
  }

  private static Webhook webhook(Section section) {
    String url = section.text("url", "");
    Webhook webhook =
        new Webhook(WebAddress.of(section, "url", url), section.text("secret-file").map(Path::of));
    section.close();
    return webhook;
  }
}
