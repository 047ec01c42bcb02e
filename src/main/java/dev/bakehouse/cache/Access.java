package dev.bakehouse.cache;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Which scopes a job may read, in which order, and the one it may write.
///
/// @param reads nearest first
/// @param writes empty for a fork, a tag and a triggered build
public record Access(List<Read> reads, Optional<Scope> writes) {
  /// @param branch the branch whose builds are asked for sources of this scope
  public record Read(Scope scope, String branch) {
    /// Whether a build is one of this scope: a pull request's branch may be called `main` and still
    /// is not main.
    ///
    /// @param pull the pull request the build was made for, if any
    public boolean holds(String builtBranch, OptionalInt pull) {
      return builtBranch.equals(branch)
          && switch (scope.ref()) {
            case Scope.Branch _ -> pull.isEmpty();
            case Scope.Pull own -> pull.equals(OptionalInt.of(own.number()));
          };
    }
  }

  public Access {
    reads = List.copyOf(reads);
  }

  /// A pull request reads its own caches, its branch's, its base's and the default branch's, and
  /// writes only its own. A fork's branch is another's, whatever its name. A build that is not for
  /// certain of the branch it names only reads. A branch reads its own and the default branch's.
  public static Access of(JobIdentity job, String platform) {
    // By its name: a record's first `equals` is made from parts, which a job would wait for.
    Map<String, Read> reads = new LinkedHashMap<>();
    Scope own;
    if (job.pull().isPresent()) {
      own = new Scope(job.pipeline(), new Scope.Pull(job.pull().getAsInt()), platform);
      reads.put(own.ref().text(), new Read(own, job.branch()));
      if (!job.fork()) {
        add(reads, job, job.branch(), platform);
      }
      add(reads, job, job.baseBranch(), platform);
    } else {
      own = new Scope(job.pipeline(), new Scope.Branch(job.branch()), platform);
      reads.put(own.ref().text(), new Read(own, job.branch()));
    }
    add(reads, job, job.defaultBranch(), platform);
    return new Access(
        List.copyOf(reads.values()),
        job.fork() || !job.certain() ? Optional.empty() : Optional.of(own));
  }

  private static void add(
      Map<String, Read> reads, JobIdentity job, String branch, String platform) {
    if (!branch.isEmpty()) {
      Scope scope = new Scope(job.pipeline(), new Scope.Branch(branch), platform);
      reads.putIfAbsent(scope.ref().text(), new Read(scope, branch));
    }
  }
}
