package dev.bakehouse.cache;

import dev.bakehouse.cache.CacheStore.Basis;
import dev.bakehouse.cache.CacheStore.More;
import dev.bakehouse.cache.CacheStore.Opened;
import dev.bakehouse.cache.CacheStore.Saved;
import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.cache.StepRule.Decision;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// The caches of one step, from before its command to after it. Nothing here fails a build: what
/// goes wrong is said in a report.
public final class StepCaches {
  private final CacheStore store;
  private final Sources sources;
  private final Access access;
  private final JobIdentity job;
  private final Decision decision;
  private final Consumer<String> log;
  private final Map<Kind, Entry> restored = new HashMap<>();
  private Optional<Reason> missed = Optional.empty();

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
  public List<CacheReport> restore(Place place) {
    List<Kind> kinds = decision.restores();
    if (kinds.isEmpty()) {
      log.accept("Caches: nothing to restore: " + reason(decision.strategy().reads()));
      missed = decision.strategy().reads() ? Optional.empty() : Optional.of(Reason.DISABLED);
      return List.of();
    }
    long start = System.nanoTime();
    List<CacheReport> reports = new ArrayList<>();
    Selection selection = sources.select(job.step(), kinds);
    selection.explain().forEach(line -> log.accept("Caches: " + line));
    missed = selection.reason();
    for (Kind kind : kinds) {
      Optional<Opened.Whole> archive = selection.archive(kind);
      CacheReport report =
          archive.isPresent()
              ? restore(kind, archive.get(), selection, place)
              : CacheReport.nothing(kind, CacheReport.since(start), selection.summary());
      log.accept("Restored " + report);
      reports.add(report);
    }
    return withoutHalfZig(reports, kinds, place);
  }

  /// Zig's local cache names files of the global one and stops the build when they are missing.
  private List<CacheReport> withoutHalfZig(
      List<CacheReport> reports, List<Kind> kinds, Place place) {
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
        place.empty(kind);
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

  /// Why nothing was restored; empty when something was, and when nothing was to be.
  public Optional<Reason> missed() {
    return missed;
  }

  /// Saves what the rule says.
  public List<CacheReport> save(Place place) {
    return save(place, decision.saves());
  }

  /// What a later save of a kind can build on.
  ///
  /// @param snapshot what was there before the command, when that is not what this restored
  /// @param sealed a time after it was all there and before the command, by the clock of its files
  public Basis basis(Kind kind, Optional<String> snapshot, long sealed) {
    Optional<String> before =
        snapshot.or(() -> Optional.ofNullable(restored.get(kind)).map(Entry::snapshot));
    List<Scope> scopes = new ArrayList<>(access.writes().stream().toList());
    access.reads().forEach(read -> scopes.add(read.scope()));
    return new Basis(before, sealed, scopes, !decision.strategy().reads());
  }

  /// Saves after the command and only when the job passed. One report a kind.
  public List<CacheReport> save(Place place, List<Kind> kinds) {
    if (kinds.isEmpty()) {
      log.accept("Caches: nothing to save: " + reason(decision.strategy().writes()));
      return List.of();
    }
    List<CacheReport> reports = new ArrayList<>();
    for (Kind kind : kinds) {
      CacheReport report =
          access.writes().isEmpty()
              ? CacheReport.nothing(
                  kind,
                  0,
                  "not saved: builds of forks and tags and triggered ones only read caches")
              : save(access.writes().get(), kind, place);
      log.accept("Saved " + report);
      reports.add(report);
    }
    return reports;
  }

  /// Has this build have the caches its command would have begun with: it did not run, and later
  /// builds look for caches in a few builds only.
  public void carry() {
    List<Kind> kinds = access.writes().isPresent() ? decision.saves() : List.of();
    if (kinds.isEmpty()) {
      return;
    }
    try {
      Selection selection = sources.select(job.step(), kinds);
      for (Kind kind : kinds) {
        selection
            .archive(kind)
            .flatMap(
                archive -> {
                  store.used(archive.entry());
                  return store.again(
                      new Address(access.writes().get(), job.buildId(), job.step().text(), kind),
                      archive.entry());
                })
            .ifPresent(_ -> log.accept("Caches: carried on: " + kind.name()));
      }
    } catch (UserError e) {
      log.accept("Caches: warning: not carried on: " + e.getMessage());
    }
  }

  /// What the best source has of a kind beside what is there already. Safe on a thread of its own
  /// where the sources are.
  ///
  /// @param build whose caches are there
  /// @param snapshot what the store has of them; an empty text for nothing
  /// @throws IOException when the store can not be read
  public Optional<More> more(Kind kind, String build, String snapshot) throws IOException {
    Selection selection = sources.select(job.step(), decision.restores());
    Optional<Opened.Whole> archive =
        selection.source().filter(s -> !s.equals(build)).flatMap(_ -> selection.archive(kind));
    if (archive.isEmpty()) {
      return Optional.empty();
    }
    Entry entry = archive.get().entry();
    if (entry.snapshot().equals(snapshot) || !entry.address().step().equals(job.step().text())) {
      return Optional.empty();
    }
    store.used(entry);
    return archive.get().beyond(snapshot).filter(more -> more.files() > 0);
  }

  private CacheReport restore(Kind kind, Opened.Whole archive, Selection selection, Place place) {
    long start = System.nanoTime();
    Entry entry = archive.entry();
    // Before it is read: what is used is not swept away.
    store.used(entry);
    try {
      place.restore(kind, archive, line -> log.accept("Caches: warning: lost: " + line));
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

  private CacheReport save(Scope scope, Kind kind, Place place) {
    long start = System.nanoTime();
    try {
      Address address = new Address(scope, job.buildId(), job.step().text(), kind);
      Optional<Entry> same = again(address, place);
      if (same.isPresent()) {
        Entry e = same.get();
        String why = "unchanged since it was restored";
        return new CacheReport(
            kind.name(), job.buildId(), e.files(), e.bytes(), CacheReport.since(start), why);
      }
      Saved saved = place.save(store, address, basis(kind, Optional.empty(), place.sealed()));
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

  /// The cache that was restored, saved as this build's too without moving it; empty when it
  /// changed or is no longer there.
  private Optional<Entry> again(Address address, Place place) {
    Entry before = restored.get(address.kind());
    return before != null && place.unchanged(address.kind(), before)
        ? store.again(address, before)
        : Optional.empty();
  }

  private String reason(boolean allowed) {
    return allowed || decision.kinds().isEmpty()
        ? decision.why()
        : "the strategy is " + decision.strategy();
  }
}
