package dev.bakehouse.cli;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CacheReport;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.LatestSaved;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.Sources;
import dev.bakehouse.cache.StepCaches;
import dev.bakehouse.cache.StepDirectory;
import dev.bakehouse.cache.StepRule;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.cache.Strategy;
import dev.bakehouse.job.GitLineage;
import dev.bakehouse.job.JobSources;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse cache step`: all caches of a step that runs without a VM, as `cmake/Bakehouse.cmake`
/// asks for them. They lie in one directory, as in a VM, and come from one source.
@Command(
    name = "step",
    mixinStandardHelpOptions = true,
    description = "Restore or save the caches of a step that runs without a VM.")
final class CacheStep extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("restore", Restore::new);
    VERBS.put("save", Save::new);
  }

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }

  /// What both verbs take.
  private static final class Options {
    @Option(
        names = "--cache-path",
        required = true,
        paramLabel = "DIR",
        description = "CACHE_PATH, which has ccache/, zig/local/, …")
    private Path path = Path.of("");

    @Option(
        names = "--kind",
        paramLabel = "K",
        description = "ccache, zig-local, …; repeatable; by default what the step's rule says")
    private List<String> kinds = List.of();

    @Mixin private CacheStoreOptions store = new CacheStoreOptions();
    @Mixin private CacheScopeOptions scope = new CacheScopeOptions();

    private StepCaches caches(String build) {
      boolean inJob = scope.inJob();
      StepRule rule = store.config().rule();
      Map<String, String> env = inJob ? scope.env() : scope.asJob("", "", build);
      JobIdentity identity = JobIdentity.of(env);
      Access access = Access.of(identity, scope.platform());
      var saved = store.store();
      List<Scope> scopes = access.reads().stream().map(Access.Read::scope).toList();
      Sources sources =
          scope.coordinated()
              ? JobSources.of(
                  saved,
                  rule,
                  store.api(),
                  env,
                  access,
                  new GitLineage(inJob ? identity.commit() : "HEAD"))
              : new LatestSaved(saved, scopes, scope.build(), "");
      return new StepCaches(saved, sources, access, identity, decision(rule), System.err::println);
    }

    private Decision decision(StepRule rule) {
      Strategy strategy = Strategy.of(scope.env());
      return kinds.isEmpty()
          ? rule.decide(scope.step().key(), scope.env())
          : new Decision(
              strategy,
              kinds.stream().map(k -> Kind.named(k, rule.directories())).toList(),
              "--kind");
    }

    private StepDirectory place() {
      return new StepDirectory(path);
    }

    private void answer(List<CacheReport> reports) {
      String lines = reports.stream().map(CacheReport::toString).collect(Collectors.joining("\n"));
      store.answer(reports, lines);
    }
  }

  @Command(
      name = "restore",
      mixinStandardHelpOptions = true,
      description = "Put a step's caches in their place. What is not found is no error.")
  static final class Restore implements Callable<Integer> {
    @Mixin private Options options = new Options();

    @Override
    public Integer call() {
      options.answer(options.caches("").restore(options.place()));
      return Exit.OK;
    }
  }

  @Command(
      name = "save",
      mixinStandardHelpOptions = true,
      description = "Save a step's caches. Empty ones are not saved; what fails is a warning.")
  static final class Save implements Callable<Integer> {
    @Mixin private Options options = new Options();

    @Override
    public Integer call() {
      options.answer(options.caches(options.scope.buildToSave()).save(options.place()));
      return Exit.OK;
    }
  }
}
