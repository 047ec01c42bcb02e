package dev.bakehouse.cli;

import dev.bakehouse.buildkite.ArtifactInfo;
import dev.bakehouse.buildkite.BuildInfo;
import dev.bakehouse.buildkite.BuildQuery;
import dev.bakehouse.buildkite.RestClient;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Scratch;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.tests.FlakyTest;
import dev.bakehouse.tests.FlakyTest.Seen;
import dev.bakehouse.tests.FlakyText;
import dev.bakehouse.tests.TestRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse tests`.
@Command(name = "tests", mixinStandardHelpOptions = true, description = "Tests of builds.")
final class TestsCommand extends Group {
  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return Map.of("flaky", Flaky::new);
  }

  @Command(
      name = "flaky",
      mixinStandardHelpOptions = true,
      description =
          "Lists tests that failed and passed in one job, or in jobs of one commit, of the last"
              + " builds; those that failed most first.")
  static final class Flaky implements Callable<Integer> {
    private static final int MOST = 200;

    @Mixin private BuildCommand.Target target = new BuildCommand.Target();

    @Option(names = "--branch", paramLabel = "NAME", description = "Only its builds.")
    private @Nullable String branch;

    @Option(
        names = "--last",
        paramLabel = "N",
        description = "So many builds, 200 at most (${DEFAULT-VALUE}).")
    private int last = 20;

    @Option(names = "--json", description = "Answer in JSON.")
    private boolean json;

    @Override
    public Integer call() {
      List<FlakyTest> flaky = FlakyTest.of(history());
      String text =
          flaky.isEmpty()
              ? "No test failed and passed with nothing changed in between."
              : FlakyText.plain(flaky).stripTrailing();
      System.out.println(json ? JsonMapper.shared().writeValueAsString(flaky) : text);
      return Exit.OK;
    }

    private List<Seen> history() {
      RestClient client = target.client();
      BuildQuery query =
          new BuildQuery(branch, (String) null, null, Math.clamp(last, 1, MOST)).bare();
      List<Seen> seen = new ArrayList<>();
      try {
        Path dir = Scratch.directory(Self.root().resolve(".bakehouse").resolve("tests"));
        try {
          for (BuildInfo build : client.builds(target.pipeline, query)) {
            String commit = Objects.requireNonNullElse(build.commit(), "");
            for (ArtifactInfo artifact : client.artifacts(target.pipeline, build.number())) {
              if (fits(artifact)) {
                Path file = dir.resolve("run.json");
                client.download(artifact, file);
                add(seen, build.number(), commit, Files.readAllBytes(file));
              }
            }
          }
        } finally {
          Directories.delete(dir);
        }
      } catch (IOException e) {
        throw new UserError(
            "Could not read what builds told of their tests: " + e.getMessage(), "Try again.", e);
      }
      return seen;
    }

    private static boolean fits(ArtifactInfo artifact) {
      Long size = artifact.fileSize();
      return TestRun.isPath(artifact.path())
          && "finished".equals(artifact.state())
          && size != null
          && size <= TestRun.LIMIT;
    }

    /// A job wrote it: what can not be read is told and left out.
    private static void add(List<Seen> to, int build, String commit, byte[] json) {
      try {
        to.add(new Seen(build, commit, TestRun.read(json)));
      } catch (UserError e) {
        System.err.println("Build " + build + ": " + e.getMessage());
      }
    }
  }
}
