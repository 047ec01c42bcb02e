package dev.bakehouse.job;

import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.tests.FlakyTest;
import dev.bakehouse.tests.FlakyTest.Seen;
import dev.bakehouse.tests.FlakyText;
import dev.bakehouse.tests.ShardTool;
import dev.bakehouse.tests.TestNotes;
import dev.bakehouse.tests.TestRun;
import dev.bakehouse.tests.TestTimes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/// The tests of a job whose step names result files: its VM gets `bakehouse-shard` and the times of
/// earlier builds, and what it tells of its tests is kept with the build.
///
/// All jobs of a step must divide the same tests by the same times, or some test runs in none of
/// them. So the times are meta-data of the build, which the first job writes. Two that come at once
/// may both write; whose value is not the one that stayed fails in the end, and is run again.
final class JobTests {
  private static final String NONE = "none";
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final SharedAnnotation FLAKY =
      new SharedAnnotation("bakehouse-flaky-tests", "bakehouse:flaky:", JobTests::text);

  private final Job job;
  private final Phases phases;
  private final Path scratch;
  private final TestHistory history;
  private final String directory;
  private final GuestSystem system;
  private final int shards;
  private String decided = "";
  private TestTimes times = TestTimes.NONE;
  private Optional<TestNotes> notes = Optional.empty();

  private JobTests(Job job, HostSettings settings, GuestSystem system, Phases phases) {
    this.job = job;
    this.phases = phases;
    this.system = system;
    this.directory = system.home() + "/.bakehouse-tests";
    this.scratch = settings.state().resolve("tests");
    this.history = new TestHistory(settings.api(), scratch, job.texts(), phases::say);
    this.shards = number("BUILDKITE_PARALLEL_JOB_COUNT", 1);
  }

  /// @param system of the guest
  /// @return empty for a step that names no result files
  static Optional<JobTests> of(Job job, HostSettings settings, GuestSystem system, Phases phases) {
    return job.text(ShardTool.RESULTS).isBlank()
        ? Optional.empty()
        : Optional.of(new JobTests(job, settings, system, phases));
  }

  private int number(String name, int otherwise) {
    String text = job.text(name);
    return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : otherwise;
  }

  /// Finds the times by which this build divides the step's tests, or decides them.
  ///
  /// @return how many
  /// @throws UserError when the coordinator can not be asked: other jobs may have decided
  int decide() {
    if (shards < 2) {
      return 0;
    }
    decided = agreed();
    if (decided.equals(NONE)) {
      byte[] found = found().packed().getBytes(StandardCharsets.UTF_8);
      // Should it fail, the next question does.
      Outcome _ = JobReport.agent(job, "meta-data", "set", key()).input(found).run();
      decided = agreed();
    }
    times =
        TestTimes.unpack(decided)
            .orElseThrow(
                () ->
                    new Disagreement(
                        "The build's meta-data " + key() + " is not what jobs on these hosts write",
                        "Start a new build, and leave that key alone."));
    return times.millis().size();
  }

  /// Jobs of the build are not of one mind about the times: the host is not at fault.
  static final class Disagreement extends UserError {
    Disagreement(String message, String remedy) {
      super(message, remedy);
    }
  }

  private String key() {
    String step = job.stepKey();
    return "bakehouse:test-times:" + (step.isEmpty() ? job.text("BUILDKITE_STEP_ID") : step);
  }

  private String agreed() {
    Outcome answer = JobReport.agent(job, "meta-data", "get", key(), "--default", NONE).run();
    if (!answer.ok()) {
      throw new Disagreement(
          "The times of the step's tests could not be asked for: " + answer.complaint(),
          "The job is run again.");
    }
    return answer.text().strip();
  }

  private TestTimes found() {
    try {
      return history.times();
    } catch (UserError e) {
      phases.say("Tests: no times of earlier builds: " + e.getMessage());
      return TestTimes.NONE;
    }
  }

  /// Puts program and times into the guest.
  ///
  /// @return variables for the job, byte strings
  Map<String, String> install(Machine machine) throws IOException {
    List<String> args = List.of(directory, times.text(), ShardTool.source());
    String _ = machine.own().perl(GuestSystem.USER, ShardTool.INSTALL, args);
    Map<String, String> env = new LinkedHashMap<>();
    String path = job.crossing().getOrDefault("PATH", system.path());
    env.put("PATH", RawEnvironment.raw(directory) + ":" + path);
    env.put(ShardTool.TIMES, RawEnvironment.raw(directory + "/test-times"));
    env.put(ShardTool.NOTES, RawEnvironment.raw(notesFile()));
    return env;
  }

  private String notesFile() {
    return directory + "/notes";
  }

  /// Reads how the tests ended. Nothing here fails a job.
  ///
  /// @param status the command's
  TestNotes collect(Machine machine, String checkout, int status) {
    Beginning out = new Beginning(TestNotes.LIMIT);
    try {
      List<String> argv =
          ShardTool.results(status, checkout, notesFile(), job.text(ShardTool.RESULTS));
      machine.run(argv, InputStream.nullInputStream(), out);
    } catch (IOException e) {
      phases.say("Tests: their results could not be read: " + e.getMessage());
    }
    TestNotes read = TestNotes.parse(out.text());
    notes = Optional.of(read);
    read.warnings().forEach(warning -> phases.say("Tests: " + warning));
    return read;
  }

  /// Keeps what was collected with the build, and tells of flaky tests on its page. The VM is gone.
  ///
  /// @param status the command's
  /// @return the same
  /// @throws UserError when a job that passed divided the tests by other times than the build's
  int settle(int status) {
    notes.map(read -> run(read, status)).filter(run -> !run.empty()).ifPresent(this::keep);
    if (status == 0 && shards > 1 && !agreed().equals(decided)) {
      throw new Disagreement(
          "Another job of the step decided on other times at the same moment, so their tests are"
              + " divided differently",
          "The job is run again, by the times that stayed.");
    }
    return status;
  }

  private TestRun run(TestNotes read, int status) {
    return new TestRun(
        job.stepKey(),
        number("BUILDKITE_PARALLEL_JOB", 0),
        shards,
        status == 0,
        read.times(),
        read.failed(),
        read.flaky(),
        read.quarantined());
  }

  private void keep(TestRun run) {
    try {
      upload(run);
      boolean again = number("BUILDKITE_RETRY_COUNT", 0) > 0;
      if (again || !run.flaky().isEmpty() || !run.quarantined().isEmpty()) {
        tell();
      }
    } catch (IOException | RuntimeException e) {
      phases.say("Tests: their results could not be kept: " + e.getMessage());
    }
  }

  private void upload(TestRun run) throws IOException {
    String path = TestRun.path(job.id());
    if (!TestRun.isPath(path)) {
      return;
    }
    Path dir = Scratch.directory(scratch);
    try {
      Path file = dir.resolve(path);
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Files.write(file, run.json());
      new AgentArtifacts(job.texts()).upload(dir, path);
    } finally {
      Directories.delete(dir);
    }
  }

  /// Lists the step's tests of this build that are flaky, with what other builds say of them.
  private void tell() {
    List<Seen> seen = history.recent();
    int build = number("BUILDKITE_BUILD_NUMBER", 0);
    List<FlakyTest> flaky =
        FlakyTest.of(seen).stream().filter(test -> test.last() == build).toList();
    flaky.forEach(test -> phases.say("Tests: flaky: " + test.test() + " " + test.name()));
    if (!flaky.isEmpty()) {
      FLAKY.publish(job, JSON.writeValueAsString(flaky));
    }
  }

  /// Several jobs may tell of one test: what was seen last is true.
  private static SharedAnnotation.Text text(List<String> parts) {
    Map<List<String>, FlakyTest> all = new LinkedHashMap<>();
    parts.stream()
        .flatMap(JobTests::flaky)
        .forEach(
            test ->
                all.merge(
                    List.of(test.step(), test.test(), test.name()),
                    test,
                    (a, b) -> a.runs() > b.runs() ? a : b));
    String body = FlakyText.markdown(new ArrayList<>(all.values()));
    return new SharedAnnotation.Text("warning", body);
  }

  private static Stream<FlakyTest> flaky(String part) {
    return SharedAnnotation.read(part, FlakyTest[].class);
  }
}
