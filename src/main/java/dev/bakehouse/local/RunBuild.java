package dev.bakehouse.local;

import dev.bakehouse.config.VmSettings;
import dev.bakehouse.coordinator.BuildReport;
import dev.bakehouse.coordinator.BuildRequest;
import dev.bakehouse.coordinator.Config;
import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Programs;
import dev.bakehouse.platform.UserError;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One pipeline of a git repository, built on this machine.
public final class RunBuild {
  /// What to build, and on what.
  ///
  /// @param pipeline file, YAML or JSON
  /// @param repository a checkout; its committed state is built
  /// @param yes install what is missing without asking
  /// @param unblock answers to block and input steps, see [Answers#parse]
  /// @param pipelines files by slug: what trigger steps may start builds of
  /// @param image name in the state directory's image store
  public record Request(
      Path pipeline,
      Path repository,
      int hosts,
      int slots,
      String image,
      Path state,
      VmSettings vm,
      boolean yes,
      Map<String, Map<String, String>> unblock,
      Map<String, Path> pipelines) {}

  private final Request request;
  private final PrintStream out;

  public RunBuild(Request request, PrintStream out) {
    this.request = request;
    this.out = out;
  }

  public BuildReport run() throws IOException {
    if (!Files.isRegularFile(request.pipeline())) {
      throw new UserError(
          "There is no pipeline file " + request.pipeline(),
          "Name a YAML or JSON file with `steps:`.");
    }
    Path images = request.state().resolve("images");
    if (!Files.exists(images.resolve(request.image()).resolve("image.json"))) {
      throw new UserError(
          "There is no image `" + request.image() + "` in " + images,
          "`bakehouse demo` makes a Linux one, `bakehouse image pull` fetches one, `bakehouse image list` shows what there is.");
    }
    Path repository = Path.of(git("rev-parse", "--show-toplevel"));
    String commit = git("rev-parse", "HEAD");
    if (!git("status", "--porcelain").isEmpty()) {
      out.println("note: changes that are not committed are not built; the build is of " + commit);
    }
    Needs needs = new Needs(out, request.yes());
    if (!(System.getProperty("os.name").startsWith("Mac") && Programs.find("tart").isPresent())) {
      needs.ensure(Needs.RUN);
    }
    Path agent = new Tools(request.state(), out, needs).agent();
    Pipeline pipeline = pipeline(request.pipeline(), interpolated(request.pipeline(), agent));
    Map<String, String> others = new LinkedHashMap<>();
    for (Map.Entry<String, Path> other : request.pipelines().entrySet()) {
      String steps = interpolated(other.getValue(), agent);
      pipeline(other.getValue(), steps);
      others.put(other.getKey(), steps);
    }
    BuildRequest build =
        new BuildRequest(
            slug(repository),
            repository.toString(),
            commit,
            branch(),
            git("log", "-1", "--format=%s"),
            Map.of());
    Directories.makePrivate(request.state());
    new StateDirectory(request.state()).awaitHosts(out::println);
    Config config = Config.of(0, request.state().resolve("coordinator")).anyAgent(true);
    try (LocalFleet fleet =
        LocalFleet.start(
            config, request.hosts(), place -> host(place, agent, images), out::println)) {
      fleet
          .coordinator()
          .definePipeline(build.pipeline(), build.repository(), mainBranch(build.branch()));
      others.forEach(
          (slug, steps) ->
              fleet
                  .coordinator()
                  .definePipeline(slug, build.repository(), mainBranch(build.branch()), steps));
      Answers answers = new Answers(fleet.coordinator(), request.unblock(), terminal(), out);
      BuildReport report =
          BuildReport.of(
              fleet.build(build, pipeline, new BuildConsole(out, true).andThen(answers)));
      if (report.state().equals("passed")) {
        awaitCaches(fleet);
      }
      return report;
    }
  }

  /// The steps of a file; what of it changes nothing here is told.
  private Pipeline pipeline(Path file, String steps) {
    Pipeline pipeline = Pipeline.parse(file.toString(), steps);
    if (!pipeline.unused().isEmpty()) {
      String keys = String.join(", ", pipeline.unused());
      out.println("note: of " + file + " this changes nothing here: " + keys);
    }
    return pipeline;
  }

  private static @Nullable BufferedReader terminal() {
    return Optional.ofNullable(System.console())
        .filter(Console::isTerminal)
        .map(console -> new BufferedReader(console.reader()))
        .orElse(null);
  }

  /// What the jobs left for the store; a build's result does not hang on it.
  private void awaitCaches(LocalFleet fleet) {
    try {
      fleet.awaitCaches();
    } catch (UserError e) {
      out.println("note: " + e.getMessage());
    }
  }

  /// The pipeline as the agent itself would upload it: variables put in, lists made plain.
  private String interpolated(Path file, Path agent) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new UserError(
          "There is no pipeline file " + file, "Name a YAML or JSON file with `steps:`.");
    }
    Pipeline.insistYaml(file.toString(), text(file));
    Outcome outcome =
        Command.of(agent.toString(), "pipeline", "upload", "--dry-run", "--format", "json")
            .and("--agent-access-token", "none", "--job", "none", file.toAbsolutePath().toString())
            .env("BUILDKITE_BRANCH", branch())
            .env("BUILDKITE_COMMIT", git("rev-parse", "HEAD"))
            .in(request.repository())
            .run();
    if (!outcome.ok()) {
      throw new UserError(
          "The agent can not read the pipeline " + file + ": " + complaint(outcome),
          "Correct what it names.");
    }
    return new String(outcome.out(), StandardCharsets.UTF_8);
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (MalformedInputException e) {
      throw new UserError(file + " is no text in UTF-8", "Name a YAML or JSON file.", e);
    }
  }

  /// Without what the agent tells of its own doing.
  private static String complaint(Outcome outcome) {
    String all = new String(outcome.err(), StandardCharsets.UTF_8).strip();
    int fatal = all.lastIndexOf("fatal: ");
    return fatal < 0 ? all : all.substring(fatal + "fatal: ".length());
  }

  private HostSpec host(LocalFleet.Place place, Path agent, Path images) {
    return new HostSpec(
        place.name(),
        Directories.makePrivate(request.state().resolve("hosts")).resolve(place.name()),
        request.slots(),
        images,
        request.image(),
        "",
        agent,
        place.coordinator().agentEndpoint(),
        place.coordinator().registrationToken(),
        place.coordinator().address() + "/v2",
        place.coordinator().apiToken(),
        request.state().resolve("cache"),
        false,
        Map.of(),
        10,
        request.vm());
  }

  private String branch() {
    String branch = git("rev-parse", "--abbrev-ref", "HEAD");
    return branch.equals("HEAD") ? "main" : branch;
  }

  /// What the repository was cloned from calls so, else a branch with one of the usual names.
  private String mainBranch(String current) {
    String remote = "refs/remotes/origin/";
    List<String> known =
        List.of(
            git("for-each-ref", "--format=%(symref)", remote + "HEAD").replaceFirst(remote, ""),
            git("for-each-ref", "--format=%(refname:short)", "refs/heads/main"),
            git("for-each-ref", "--format=%(refname:short)", "refs/heads/master"));
    return known.stream().filter(name -> !name.isEmpty()).findFirst().orElse(current);
  }

  private static String slug(Path repository) {
    String name =
        String.valueOf(repository.getFileName())
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9]+", "-");
    return name.replaceAll("^-|-$", "").isEmpty() ? "repository" : name.replaceAll("^-|-$", "");
  }

  private String git(String... arguments) {
    Outcome outcome = Command.of("git").and(arguments).in(request.repository()).run();
    if (!outcome.ok()) {
      throw new UserError(
          request.repository() + " is not a git repository with a commit: " + outcome.complaint(),
          "Name one with --repo, or commit first.");
    }
    return outcome.text();
  }
}
