package dev.bakehouse.cli;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import dev.bakehouse.cache.Selection;
import dev.bakehouse.cache.StepRule;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.job.GitLineage;
import dev.bakehouse.job.JobSources;
import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse cache explain`.
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description =
        "Show where a step's caches would come from: every source that is looked at, and why it is"
            + " taken or not. Status 1: from nowhere.")
final class CacheExplain implements Callable<Integer> {
  @Option(
      names = "--kind",
      paramLabel = "K",
      description = "ccache, zig-local, …; repeatable; by default what the step restores")
  private List<String> kinds = List.of();

  @Option(
      names = "--branch",
      paramLabel = "NAME",
      description = "The branch of a pull request's scope; not in a job.")
  private String branch = "";

  @Option(
      names = "--base",
      paramLabel = "NAME",
      description = "What that pull request is to be merged into; not in a job.")
  private String base = "";

  @Mixin private CacheStoreOptions store = new CacheStoreOptions();
  @Mixin private CacheScopeOptions scope = new CacheScopeOptions();

  @Override
  public Integer call() {
    boolean inJob = scope.inJob();
    Map<String, String> env = inJob ? scope.env() : identity();
    StepRule rule = store.config().rule();
    Decision decision = rule.decide(scope.step().key(), scope.env());
    List<Kind> wanted =
        kinds.isEmpty()
            ? decision.restores()
            : kinds.stream().map(k -> Kind.named(k, rule.directories())).toList();
    Access access = Access.of(JobIdentity.of(env), scope.platform());
    if (wanted.isEmpty()) {
      CacheExplanation none = CacheExplanation.nothingWanted(scope.step().text(), decision, access);
      store.answer(none, none.text());
      return Exit.FAILED;
    }
    String commit = inJob ? scope.job().commit() : "HEAD";
    Selection selection =
        JobSources.of(store.store(), rule, store.api(), env, access, new GitLineage(commit))
            .select(scope.step(), wanted);
    CacheExplanation shown =
        CacheExplanation.of(scope.step().text(), decision, wanted, access, selection);
    store.answer(shown, shown.text());
    return selection.source().isPresent() ? Exit.OK : Exit.FAILED;
  }

  private Map<String, String> identity() {
    if (scope.scope().ref() instanceof Scope.Pull(int number) && branch.isEmpty()) {
      throw new UserError(
          "The builds of pull request " + number + " are found by its branch",
          "Name it with --branch, as the coordinator does.");
    }
    return scope.asJob(branch, base, "");
  }
}
