package dev.bakehouse.buildkite;

import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A job or build as people name it: a job's id, an address of the web page or of the API, or
/// `[PIPELINE#]NUMBER[/STEP]`.
///
/// @param step key, or label, of a step of the build
/// @param job its id
public record JobReference(
    Optional<String> pipeline, OptionalInt build, Optional<String> step, Optional<String> job) {
  private static final String UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
  private static final Pattern ID = Pattern.compile(UUID);
  private static final Pattern IN_URL = Pattern.compile("/([^/?#]+)/builds/([0-9]{1,9})\\b(.*)");
  private static final Pattern OF_ORGANIZATION = Pattern.compile(".*/jobs/(" + UUID + ")\\b.*");
  private static final Pattern SHORT = Pattern.compile("(?:([^#/]*)#)?([0-9]{1,9})(?:/(.+))?");

  /// @throws UserError when it is none of these
  public static JobReference parse(String text) {
    String word = text.strip();
    if (ID.matcher(word).matches()) {
      return new JobReference(
          Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.of(word));
    }
    if (word.startsWith("http://") || word.startsWith("https://")) {
      return url(word);
    }
    Matcher parts = SHORT.matcher(word);
    if (!parts.matches()) {
      throw unknown(text);
    }
    return new JobReference(
        Optional.ofNullable(parts.group(1)).filter(p -> !p.isEmpty()),
        OptionalInt.of(Integer.parseInt(parts.group(2))),
        Optional.ofNullable(parts.group(3)),
        Optional.empty());
  }

  private static JobReference url(String url) {
    Matcher parts = IN_URL.matcher(url);
    if (parts.find()) {
      Matcher id = ID.matcher(parts.group(3));
      return new JobReference(
          Optional.of(parts.group(1)),
          OptionalInt.of(Integer.parseInt(parts.group(2))),
          Optional.empty(),
          id.find() ? Optional.of(id.group()) : Optional.empty());
    }
    Matcher alone = OF_ORGANIZATION.matcher(url);
    if (!alone.matches()) {
      throw unknown(url);
    }
    return new JobReference(
        Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.of(alone.group(1)));
  }

  private static UserError unknown(String text) {
    return new UserError(
        "`" + text + "` names no job and no build",
        "Give a job's id, its address, or NUMBER/STEP of a build, such as 12/build-cpp.");
  }

  /// The same, of a pipeline that is named apart.
  ///
  /// @throws UserError when no pipeline is named at all
  public JobReference within(Optional<String> named) {
    Optional<String> known = pipeline.or(() -> named);
    if (build.isPresent() && known.isEmpty()) {
      throw new UserError(
          "Build " + build.getAsInt() + " of which pipeline?",
          "Name it with --pipeline, or as PIPELINE#" + build.getAsInt() + ".");
    }
    return new JobReference(known, build, step, job);
  }

  /// The build of a job.
  ///
  /// @throws UserError when the server does not tell
  public static BuildInfo build(RestClient client, JobInfo job) {
    JobReference where = parse(String.valueOf(job.buildUrl()));
    return client.build(where.pipeline.orElseThrow(), where.build.orElseThrow());
  }

  /// Asks for the job.
  ///
  /// @param pick chooses among the jobs of a build when no step is named
  /// @throws UserError when there is none
  public JobInfo find(RestClient client, Pick pick) {
    if (job.isPresent()) {
      return client.job(job.get());
    }
    BuildInfo info = client.build(pipeline.orElseThrow(), build.orElseThrow());
    List<JobInfo> jobs = info.jobs().stream().filter(j -> j.id() != null).toList();
    Optional<JobInfo> found =
        step.isPresent()
            ? jobs.stream().filter(j -> named(j, step.get())).reduce(JobReference::later)
            : pick.of(jobs);
    JobInfo one =
        found.orElseThrow(
            () ->
                new UserError(
                    step.map(s -> "Build " + info.number() + " has no step `" + s + "`")
                        .orElse("Build " + info.number() + " " + pick.none()),
                    "Name one as "
                        + info.number()
                        + "/STEP, of "
                        + String.join(", ", jobs.stream().map(JobInfo::title).toList())
                        + "."));
    return client.job(String.valueOf(one.id()));
  }

  /// Which job of a build is meant, if that can be told.
  public interface Pick {
    Optional<JobInfo> of(List<JobInfo> jobs);

    /// What is said of a build that has none such.
    default String none() {
      return "has many steps";
    }

    /// The first job in one of these states; one that failed softly only where no other is.
    ///
    /// @param none as of [#none]
    static Pick first(String none, String... states) {
      return new Pick() {
        @Override
        public Optional<JobInfo> of(List<JobInfo> jobs) {
          List<JobInfo> all = jobs.stream().filter(j -> j.is(states)).toList();
          return all.stream()
              .filter(j -> !Boolean.TRUE.equals(j.softFailed()))
              .findFirst()
              .or(() -> all.stream().findFirst());
        }

        @Override
        public String none() {
          return none;
        }
      };
    }
  }

  private static boolean named(JobInfo job, String step) {
    return step.equals(job.stepKey()) || step.equals(job.name()) || step.equals(job.title());
  }

  /// Of a step's attempts and parts the one that is not over, else the last.
  private static JobInfo later(JobInfo one, JobInfo other) {
    return other.finishedAt() != null && one.finishedAt() == null ? one : other;
  }
}
