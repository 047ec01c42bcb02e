package dev.bakehouse.job;

import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.JobInfo;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.RawEnvironment;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// A job of any build once more on this machine, for a person: same image, commit, environment and
/// caches. It reports to nobody, and nothing of it is kept.
public final class Rerun {
  /// What the first run's agent had, which says nothing here, and what would report to the server.
  private static final List<String> NOT_AGAIN =
      List.of(
          "BUILDKITE_AGENT_ACCESS_TOKEN",
          "BUILDKITE_ARTIFACT_PATHS",
          "BUILDKITE_ARTIFACT_UPLOAD_DESTINATION",
          "BUILDKITE_TIMEOUT");

  /// Where the first checkout of a build left its commit.
  private static final String COMMIT_KEY = "buildkite:git:commit";

  private static final Pattern COMMIT = Pattern.compile("commit ([0-9a-f]{40,64})\\b");
  private static final Pattern SHELL_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final String NEEDED_NAME = "BUILDKITE_AGENT_NAME";

  private final Request request;
  private final HostSettings settings;
  private final List<String> secrets = new ArrayList<>();

  /// What to run.
  ///
  /// @param environment of the job, as its server tells it
  /// @param api address of that server; it decides which network the job gets
  /// @param given variables of the person's own that it gets too
  /// @param image another image than the job's
  /// @param shell leave a shell in its VM afterwards
  public record Request(
      JobInfo job,
      BuildInfo build,
      Map<String, String> environment,
      URI api,
      Map<String, String> given,
      Optional<String> image,
      boolean shell) {
    public Request {
      environment = Map.copyOf(environment);
      given = Map.copyOf(given);
    }
  }

  private Rerun(HostSettings host, Request request) {
    this.request = request;
    this.settings = image(host);
  }

  /// Runs it to its end, its log on standard output.
  ///
  /// @return the job's status, 125 when the machinery failed
  /// @throws UserError when it can not be run here
  public static int run(HostSettings host, Request request) {
    Rerun rerun = new Rerun(host, request);
    Job job = rerun.job();
    if (HostCommands.find(job, host).isPresent()) {
      throw new UserError(
          "`" + job.text("BUILDKITE_COMMAND").strip() + "` runs on the host, not in a VM",
          "Run it here by hand.");
    }
    rerun.tell();
    return Jobs.rerun(rerun.settings, job, request.shell() ? rerun::shell : (_, _, _) -> {});
  }

  private void tell() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "--- bakehouse: "
            + request.job().title()
            + " of build "
            + request.build().number()
            + " once more, in the image "
            + settings.image());
    if (!secrets.isEmpty()) {
      lines.add("left out, as they are secrets (--env gives them): " + String.join(", ", secrets));
    }
    lines.add("no artifacts, meta-data or annotations reach its build; caches are only read");
    lines.forEach(System.out::println);
    System.out.flush();
  }

  /// The image named, else that of the first run, else this host's.
  private HostSettings image(HostSettings host) {
    if (request.image().isPresent()) {
      return host.withImage(request.image().get());
    }
    Optional<String> first = firstImage();
    if (first.isEmpty() || first.get().equals(host.image())) {
      return host;
    }
    HostSettings same = host.withImage(first.get());
    Optional<LocalImage> here = new Images(same).here();
    if (here.isEmpty()) {
      throw new UserError(
          "The job ran in the image " + first.get() + ", which is not on this machine",
          "Pull it with `bakehouse image pull`, or name another one with --image.");
    }
    return same;
  }

  private Optional<String> firstImage() {
    Map<String, String> data = request.build().metaData();
    String report =
        data == null ? "" : data.getOrDefault("bakehouse:job:" + request.job().id(), "");
    try {
      return Optional.of(
              report.isEmpty()
                  ? ""
                  : JsonMapper.builder().build().readTree(report).path("image").asString(""))
          .filter(image -> !image.isEmpty());
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  private Job job() {
    Map<String, String> env = new TreeMap<>(request.environment());
    NOT_AGAIN.forEach(env::remove);
    String globs = env.getOrDefault("BUILDKITE_REDACTED_VARS", Redactor.DEFAULT_GLOBS);
    for (String name : List.copyOf(env.keySet())) {
      if (Redactor.covers(globs, name) && !env.getOrDefault(name, "").isEmpty()) {
        env.remove(name);
        if (!request.given().containsKey(name)) {
          secrets.add(name);
        }
      }
    }
    env.putAll(request.given());
    commit().ifPresent(commit -> env.replace("BUILDKITE_COMMIT", "HEAD", commit));
    env.put("BUILDKITE_AGENT_ENDPOINT", request.api().toString().replaceFirst("/v2/*$", "/v3"));
    env.putIfAbsent(NEEDED_NAME, "rerun");
    env.putIfAbsent("BUILDKITE_REDACTED_VARS", globs);
    caches(env);
    Map<String, String> raw = new HashMap<>();
    env.forEach((name, value) -> raw.put(name, RawEnvironment.raw(value)));
    return new Job(raw, Crossing.select(raw, raw.keySet(), List.of()));
  }

  /// What `HEAD` was when the build began.
  private Optional<String> commit() {
    Map<String, String> data = request.build().metaData();
    Matcher line = COMMIT.matcher(data == null ? "" : data.getOrDefault(COMMIT_KEY, ""));
    return line.find() ? Optional.of(line.group(1)) : Optional.empty();
  }

  private void caches(Map<String, String> env) {
    Decision decision =
        settings.cache().rule().decide(env.getOrDefault("BUILDKITE_STEP_KEY", ""), env);
    if (!decision.kinds().isEmpty()) {
      env.put("CACHE_STRATEGY", decision.strategy().reads() ? "read-only" : "disabled");
    }
  }

  /// Gives the person a shell with the job's environment, in its checkout.
  private void shell(Machine machine, SequencedMap<String, String> env, int status) {
    String home = machine.paths().system().home();
    String file = home + "/.bakehouse-rerun";
    String checkout = env.getOrDefault("BUILDKITE_BUILD_CHECKOUT_PATH", home);
    StringBuilder script = new StringBuilder();
    new LinkedHashMap<>(env)
        .forEach(
            (name, value) -> {
              if (SHELL_NAME.matcher(name).matches()) {
                script
                    .append("export ")
                    .append(name)
                    .append('=')
                    .append(Self.quote(value))
                    .append('\n');
              }
            });
    script.append("cd ").append(Self.quote(checkout)).append(" || cd\n");
    try {
      machine.run(
          List.of("/bin/sh", "-c", "umask 077; cat > \"$0\"", file),
          new ByteArrayInputStream(RawEnvironment.bytes(script.toString())),
          OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new UserError("Could not prepare the shell: " + e.getMessage(), "Try again.", e);
    }
    System.out.println(
        "+++ bakehouse: the job ended with "
            + status
            + "; a shell in its VM, with its environment ($BUILDKITE_COMMAND is the command);"
            + " the VM goes with it");
    System.out.flush();
    Ssh ssh = machine.ssh();
    int _ = Command.of(ssh.shell("/bin/bash --rcfile " + file + " -i")).inTerminal();
  }
}
