package dev.bakehouse.cli;

import dev.bakehouse.config.Section;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.job.PipelineUpload;
import dev.bakehouse.pipeline.BuildFacts;
import dev.bakehouse.pipeline.Generate;
import dev.bakehouse.pipeline.PipelineConfig;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bakehouse pipeline`.
@CommandLine.Command(
    name = "pipeline",
    description = "Makes, adapts and checks pipelines.",
    mixinStandardHelpOptions = true)
final class PipelineCommand extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("generate", GenerateVerb::new);
    VERBS.put("upload", UploadVerb::new);
    VERBS.put("adapt", PipelineAdapt::new);
    VERBS.put("lint", PipelineLint::new);
    VERBS.put("explain", PipelineExplain::new);
    VERBS.put("status", PipelineStatus::new);
  }

  private static final String DEFAULT_FILE = "bakehouse.yml";
  private static final String STANDARD_INPUT = "-";

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }

  /// Where the configuration is and which of its targets are wanted.
  static final class Source {
    @Parameters(
        arity = "0..1",
        paramLabel = "FILE",
        description =
            "The configuration; - is standard input. Default: bakehouse.yml here, or standard"
                + " input when there is none.")
    private @Nullable String file;

    @Option(
        names = "--target",
        paramLabel = "T",
        description = "Only this target, enabled or not, for example linux-x64. May be repeated.")
    private List<String> targets = List.of();

    PipelineConfig config() throws IOException {
      PipelineConfig config = PipelineConfig.read(read());
      return targets.isEmpty() ? config : config.only(targets);
    }

    private Section read() throws IOException {
      if (file != null && !file.equals(STANDARD_INPUT)) {
        return Yaml.read(Path.of(file));
      }
      Path here = Path.of(DEFAULT_FILE);
      if (file == null && Files.exists(here)) {
        return Yaml.read(here);
      }
      String text = StandardInput.text("the configuration");
      if (file == null && text.isBlank()) {
        throw new UserError(
            "There is no " + here.toAbsolutePath() + ", and standard input is empty",
            "Run this where bakehouse.yml is, or name a configuration.");
      }
      return Yaml.parse("standard input", text);
    }
  }

  @CommandLine.Command(
      name = "generate",
      description = "Prints the pipeline as JSON.",
      mixinStandardHelpOptions = true)
  static final class GenerateVerb implements Callable<Integer> {
    @Mixin private Source source = new Source();

    @Override
    public Integer call() throws IOException {
      System.out.print(Generate.pipeline(source.config(), BuildFacts.of(System.getenv())).json());
      return Exit.OK;
    }
  }

  @CommandLine.Command(
      name = "upload",
      description = "Adds the pipeline's steps to the running build by `buildkite-agent`.",
      mixinStandardHelpOptions = true)
  static final class UploadVerb implements Callable<Integer> {
    @Mixin private Source source = new Source();

    @Option(
        names = "--pin",
        description =
            "Only what comes after the image step, bound to the host of the agent that runs this.")
    private boolean pin;

    @Override
    public Integer call() throws IOException {
      PipelineUpload.Uploaded uploaded =
          PipelineUpload.run(source.config(), source.targets.isEmpty(), pin, System.getenv());
      System.out.println(uploaded.text());
      if (!uploaded.begun().isEmpty()) {
        PipelineStatus.ofJob().pending(uploaded.begun());
      }
      return Exit.OK;
    }
  }
}
