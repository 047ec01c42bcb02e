package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// This program as a process of its own, outside of any job unless the environment says so.
///
/// @param dir working directory
record Bakehouse(Path dir) {
  /// Variables of a job that a test must not take over from its own surroundings.
  static final List<String> JOB =
      List.of(
          "BAKEHOUSE_CONFIG",
          "BUILDKITE_JOB_ID",
          "BUILDKITE_STEP_KEY",
          "BUILDKITE_PARALLEL_JOB",
          "BUILDKITE_PARALLEL_JOB_COUNT",
          "BUILDKITE_BRANCH",
          "BUILDKITE_PIPELINE_DEFAULT_BRANCH",
          "BUILDKITE_CACHE",
          "CACHE_STRATEGY",
          "CACHE_PATH",
          "CACHE_KINDS",
          "BUN_CPP_ONLY",
          "BUN_LINK_ONLY");

  private static final List<String> JVM =
      List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-cp",
          System.getProperty("java.class.path"),
          Main.class.getName());

  Outcome run(Map<String, String> env, String... arguments) {
    return clean(Command.of(JVM).and(arguments).in(dir), env).run();
  }

  JsonNode json(Map<String, String> env, String... arguments) {
    Outcome outcome = run(env, arguments);
    assertThat(outcome.text()).as(outcome.complaint()).isNotEmpty();
    return JsonMapper.builder().build().readTree(outcome.text());
  }

  /// The same command with a job's variables taken out and others set.
  static Command clean(Command command, Map<String, String> env) {
    Command all = command;
    for (String name : JOB) {
      all = all.env(name, null);
    }
    for (Map.Entry<String, String> each : env.entrySet()) {
      all = all.env(each.getKey(), each.getValue());
    }
    return all;
  }

  /// A program `bakehouse` in a directory for PATH.
  static Path launcher(Path bin) throws IOException {
    StringBuilder script = new StringBuilder("#!/bin/sh\nexec");
    JVM.forEach(word -> script.append(" '").append(word.replace("'", "'\\''")).append('\''));
    Path file = Files.createDirectories(bin).resolve("bakehouse");
    Files.writeString(file, script.append(" \"$@\"\n"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }
}
