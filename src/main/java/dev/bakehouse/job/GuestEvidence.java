package dev.bakehouse.job;

import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.platform.Threads;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// Asks a guest for evidence over the job's own connection and keeps what it answers: a guest may
/// be slow, or say what it likes.
final class GuestEvidence {
  private static final Duration MORE = Duration.ofMillis(200);
  private static final int MOST_CORES = 3;
  private static final Pattern CORE = Pattern.compile("core\\.[A-Za-z0-9._+-]{1,100}");

  private final EvidenceShelf shelf;
  private final String job;
  private final List<byte[]> secrets;
  private final Phases phases;

  /// @param secrets what no text may hold
  GuestEvidence(EvidenceShelf shelf, String job, List<byte[]> secrets, Phases phases) {
    this.shelf = shelf;
    this.job = job;
    this.secrets = secrets;
    this.phases = phases;
  }

  /// A file of this job's evidence.
  ///
  /// @param text whether secrets are replaced
  EvidenceFile file(String name, long most, boolean text) {
    return new EvidenceFile(shelf.make(job).resolve(name), text ? secrets : List.of(), most);
  }

  /// Says in one line what could not be had.
  void missing(String what, Exception e) {
    String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    phases.say("bakehouse: " + what + ": " + why);
  }

  /// Asks a guest several things at once.
  void keep(Machine machine, List<EvidenceProbe> probes, Duration time) {
    if (!time.isPositive()) {
      return;
    }
    CountDownLatch open = new CountDownLatch(probes.size());
    List<EvidenceFile> files =
        probes.stream().map(p -> file(p.file(), p.most(), p.text())).toList();
    for (int i = 0; i < probes.size(); i++) {
      EvidenceProbe probe = probes.get(i);
      EvidenceFile file = files.get(i);
      Thread _ =
          Threads.start(
              () -> {
                ask(machine, probe, file, time);
                open.countDown();
              });
    }
    try {
      boolean _ = open.await(time.plus(MORE).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (EvidenceFile file : files) {
      try {
        file.close();
      } catch (IOException e) {
        missing("a file of evidence is not whole", e);
      }
    }
  }

  /// Runs a probe.
  ///
  /// @return whether it ended well
  private boolean ask(Machine machine, EvidenceProbe probe, OutputStream out, Duration time) {
    String what = probe.file().isEmpty() ? "core dumps" : probe.file();
    try {
      machine.own().run(probe.argv(), Map.of(), new ByteArrayInputStream(probe.input()), out, time);
      return true;
    } catch (IOException e) {
      missing(what + " is not whole", e);
    } catch (RuntimeException e) {
      missing("no " + what, e);
    }
    return false;
  }

  /// Lets the guest write core dumps.
  void allowCores(Machine machine, Duration time) {
    EvidenceProbe probe = EvidenceProbe.Cores.allow(machine.paths().system());
    boolean _ = ask(machine, probe, OutputStream.nullOutputStream(), time);
  }

  /// Keeps core dumps, those that come whole and in time.
  ///
  /// @param since how long ago the job began
  /// @param budget bytes of evidence on this host; all of these are no more than half of it
  void cores(Machine machine, Duration since, Duration limit, long budget) throws IOException {
    GuestSystem system = machine.paths().system();
    long end = System.nanoTime() + limit.toNanos();
    Beginning list = new Beginning();
    if (!limit.isPositive()
        || !ask(machine, EvidenceProbe.Cores.list(system, since), list, limit)) {
      return;
    }
    List<String> names =
        list.text()
            .lines()
            .map(line -> line.substring(line.lastIndexOf('/') + 1))
            .filter(name -> CORE.matcher(name).matches())
            .limit(MOST_CORES)
            .toList();
    for (String name : names) {
      Duration time = Duration.ofNanos(end - System.nanoTime());
      EvidenceProbe probe = EvidenceProbe.Cores.one(system, name, budget / (2 * MOST_CORES));
      try (EvidenceFile file = file(probe.file(), probe.most(), false)) {
        boolean whole = time.isPositive() && ask(machine, probe, file, time) && !file.cut();
        if (!whole) {
          Files.deleteIfExists(shelf.of(job).resolve(probe.file()));
          missing("no " + name, new IOException("it is too large, or took too long"));
        }
      }
    }
  }
}
