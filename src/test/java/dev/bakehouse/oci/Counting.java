package dev.bakehouse.oci;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/// Adds up what a transfer says.
public final class Counting implements Progress {
  public final AtomicLong total = new AtomicLong();
  public final AtomicLong done = new AtomicLong();
  public final AtomicLong moved = new AtomicLong();
  public final List<String> notes = new CopyOnWriteArrayList<>();
  private final Map<Reuse, Long> reused = new EnumMap<>(Reuse.class);

  @Override
  public void total(long bytes) {
    total.set(bytes);
  }

  @Override
  public void advance(long bytes) {
    done.addAndGet(bytes);
  }

  @Override
  public void moved(long bytes) {
    moved.addAndGet(bytes);
  }

  @Override
  public synchronized void reused(Reuse how, long bytes) {
    reused.merge(how, bytes, Long::sum);
  }

  @Override
  public void note(String line) {
    notes.add(line);
  }

  public synchronized long reused(Reuse how) {
    return reused.getOrDefault(how, 0L);
  }
}
