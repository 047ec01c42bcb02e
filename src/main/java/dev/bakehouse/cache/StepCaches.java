package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Node;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// The caches of one step, from before its command to after it. Nothing here fails a build: what
/// goes wrong is said in a report.
public final class StepCaches {
  /// Brings an archive to where the step runs, with [Packing#unpack].
  @FunctionalInterface
  public interface Unpacker {
    /// @param of what the archive is
    /// @throws IOException when it did not arrive whole; the cache must not be used then
    void unpack(Kind kind, String of, InputStream tar) throws IOException;
  }

  /// Fetches an archive from where the step ran, with [Packing#pack].
  @FunctionalInterface
  public interface Packer {
    /// Whether the cache is still what was unpacked, as [Packing#unchanged] tells.
    default boolean unchanged(Kind kind, String of) {
      return false;
    }

    /// @throws IOException when it is not complete; it is not saved then
    void pack(Kind kind, OutputStream tar) throws IOException;
  }

  private static final byte[] EMPTY_TAR = new byte[10240];

  private final CacheStore store;
  private final Sources sources;
  private final Access access;
  private final JobIdentity job;
  private final Decision decision;
  private final Consumer<String> log;
  private final Map<Kind, Entry> restored = new HashMap<>();

  /// @param log gets a line for each thing worth reading
  public StepCaches(
      CacheStore store,
      Sources sources,
      Access access,
      JobIdentity job,
      Decision decision,
      Consumer<String> log) {
    this.store = store;
    this.sources = sources;
    this.access = access;
    this.job = job;
    this.decision = decision;
    this.log = log;
  }

  /// Restores before the command. One report a kind; none when the step restores nothing.
  public List<CacheReport> restore(Unpacker unpacker) {
    List<Kind> kinds = decision.restores();
    if (kinds.isEmpty()) {
      log.accept("Caches: nothing to restore: " + reason(decision.strategy().reads()));
      return List.of();
    }
    long start = System.nanoTime();
    List<CacheReport> reports = new ArrayList<>();
    Selection selection = sources.select(job.step(), kinds);
    selection.explain().forEach(line -> log.accept("Caches: " + line));
    for (Kind kind : kinds) {
      Optional<Opened.Whole> archive = selection.archive(kind);
      CacheReport report =
          archive.isPresent()
              ? restore(kind, archive.get(), selection, unpacker)
              : CacheReport.nothing(kind, CacheReport.since(start), selection.summary());
      log.accept("Restored " + report);
      reports.add(report);
    }
    return withoutHalfZig(reports, kinds, unpacker);
  }

  /// Zig's local cache names files of the global one and stops the build when they are missing.
  private List<CacheReport> withoutHalfZig(
      List<CacheReport> reports, List<Kind> kinds, Unpacker unpacker) {
    List<Kind> zig = kinds.stream().filter(k -> k.contents() == Kind.Contents.ZIG).toList();
    long there =
        zig.stream().filter(kind -> reports.get(kinds.indexOf(kind)).source() != null).count();
    if (there == 0 || there == zig.size()) {
      return reports;
    }
    List<CacheReport> mended = new ArrayList<>(reports);
    for (Kind kind : zig) {
      String why = "warning: not restored: the other Zig cache did not arrive";
      try {
        restored.remove(kind);
        unpacker.unpack(kind, "", new ByteArrayInputStream(EMPTY_TAR));
      } catch (IOException | UserError e) {
        why += ", and emptying this one failed: " + e.getMessage();
      }
      if (reports.get(kinds.indexOf(kind)).source() != null) {
        mended.set(kinds.indexOf(kind), CacheReport.nothing(kind, 0, why));
        log.accept("Restored " + mended.get(kinds.indexOf(kind)));
      }
    }
    return mended;
  }

  /// Saves after the command and only when the job passed. One report a kind.
  public List<CacheReport> save(Packer packer) {
    if (decision.saves().isEmpty()) {
      log.accept("Caches: nothing to save: " + reason(decision.strategy().writes()));
      return List.of();
    }
    List<CacheReport> reports = new ArrayList<>();
    for (Kind kind : decision.saves()) {
      CacheReport report =
          access.writes().isEmpty()
              ? CacheReport.nothing(kind, 0, "not saved: a fork's pull request only reads caches")
              : save(access.writes().get(), kind, packer);
      log.accept("Saved " + report);
      reports.add(report);
    }
    return reports;
  }

  private CacheReport restore(
      Kind kind, Opened.Whole archive, Selection selection, Unpacker unpacker) {
    long start = System.nanoTime();
    Entry entry = archive.entry();
    // Before it is read: what is used is not swept away.
    store.used(entry);
    try (InputStream tar = archive.tar(line -> log.accept("Caches: warning: lost: " + line))) {
      unpacker.unpack(kind, entry.address().toString(), tar);
      restored.put(kind, entry);
    } catch (IOException | UserError e) {
      return CacheReport.nothing(
          kind, CacheReport.since(start), "warning: not restored: " + e.getMessage());
    }
    return new CacheReport(
        kind.name(),
        entry.address().build(),
        entry.files(),
        entry.bytes(),
        CacheReport.since(start),
        selection.summary());
  }

  private CacheReport save(Scope scope, Kind kind, Packer packer) {
    long start = System.nanoTime();
    try {
      Address address = new Address(scope, job.buildId(), job.step(), kind);
      Optional<Entry> same = again(address, packer);
      if (same.isPresent()) {
        Entry e = same.get();
        String why = "unchanged since it was restored";
        return new CacheReport(
            kind.name(), job.buildId(), e.files(), e.bytes(), CacheReport.since(start), why);
      }
      Saved saved = store.save(address, out -> packer.pack(kind, out), basis(kind));
      double seconds = CacheReport.since(start);
      return saved
          .entry()
          .map(
              e ->
                  new CacheReport(
                      kind.name(), job.buildId(), e.files(), e.bytes(), seconds, "as " + scope))
          .orElseGet(() -> CacheReport.nothing(kind, seconds, "not saved: it is empty"));
    } catch (UserError e) {
      return CacheReport.nothing(kind, CacheReport.since(start), "warning: " + e.getMessage());
    }
  }

  private Basis basis(Kind kind) {
    List<Scope> scopes = new ArrayList<>(access.writes().stream().toList());
    access.reads().forEach(read -> scopes.add(read.scope()));
    return new Basis(
        Optional.ofNullable(restored.get(kind)).map(Entry::snapshot),
        Node.UNKNOWN,
        scopes,
        !decision.strategy().reads());
  }

  /// The cache that was restored, saved as this build's too without moving it; empty when it
  /// changed or is no longer there.
  private Optional<Entry> again(Address address, Packer packer) {
    Entry before = restored.get(address.kind());
    return before != null && packer.unchanged(address.kind(), before.address().toString())
        ? store.again(address, before)
        : Optional.empty();
  }

  private String reason(boolean allowed) {
    return allowed || decision.kinds().isEmpty()
        ? decision.why()
        : "the strategy is " + decision.strategy();
  }
}
