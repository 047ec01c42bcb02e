package dev.bakehouse.guest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/// Requests and answers over a pair of streams, matched by session and number. What belongs to
/// another session, and what is no frame, is dropped.
final class Exchange implements AutoCloseable {
  private static final int LONGEST_LINE = 64 << 20;

  private final InputStream in;
  private final OutputStream out;
  private final String session;
  private final AtomicLong number = new AtomicLong();
  private final Map<String, CompletableFuture<List<byte[]>>> open = new ConcurrentHashMap<>();
  private final ReentrantLock writing = new ReentrantLock();
  private volatile String broken = "";

  Exchange(InputStream in, OutputStream out) {
    this.in = new BufferedInputStream(in, 65536);
    this.out = out;
    byte[] nonce = new byte[8];
    new SecureRandom().nextBytes(nonce);
    this.session = HexFormat.of().formatHex(nonce);
    Threads.start(this::read);
  }

  List<byte[]> call(String verb, List<byte[]> args, Duration deadline) {
    return answer(verb, send(verb, args), deadline);
  }

  /// Repeats the request while nothing comes back.
  List<byte[]> callUntilAnswered(String verb, Duration deadline, Duration again) {
    long end = System.nanoTime() + deadline.toNanos();
    List<CompletableFuture<List<byte[]>>> sent = new ArrayList<>();
    while (true) {
      sent.add(send(verb, List.of()));
      var any = CompletableFuture.anyOf(sent.toArray(CompletableFuture[]::new));
      try {
        any.get(again.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (System.nanoTime() > end) {
          throw new ControlLost(
              "asking for " + verb, "no answer within " + deadline.toMillis() / 1000.0 + " s");
        }
        continue;
      } catch (ExecutionException e) {
        // Told by answer() below.
      } catch (InterruptedException e) {
        throw interrupted(verb);
      }
      var first = sent.stream().filter(CompletableFuture::isDone).findFirst().orElseThrow();
      return answer(verb, first, again);
    }
  }

  private CompletableFuture<List<byte[]>> send(String verb, List<byte[]> args) {
    String id = Long.toString(number.incrementAndGet());
    CompletableFuture<List<byte[]>> future = new CompletableFuture<>();
    open.put(id, future);
    List<byte[]> fields = new ArrayList<>();
    for (String word : List.of(session, id, verb)) {
      fields.add(word.getBytes(UTF_8));
    }
    fields.addAll(args);
    writing.lock();
    try {
      out.write(Frame.encode(fields));
      out.flush();
    } catch (IOException e) {
      fail(String.valueOf(e.getMessage()));
    } finally {
      writing.unlock();
    }
    if (!broken.isEmpty()) {
      future.completeExceptionally(new IOException(broken));
    }
    return future;
  }

  private static List<byte[]> answer(
      String verb, CompletableFuture<List<byte[]>> future, Duration deadline) {
    try {
      return future.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new ControlLost(
          "asking for " + verb, "no answer within " + deadline.toMillis() / 1000.0 + " s");
    } catch (InterruptedException e) {
      throw interrupted(verb);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UserError refused) {
        throw refused;
      }
      throw new ControlLost("asking for " + verb, String.valueOf(e.getCause()));
    }
  }

  private static Poll.Fatal interrupted(String verb) {
    Thread.currentThread().interrupt();
    return new Poll.Fatal("Interrupted while asking the guest for " + verb, "Start it again.");
  }

  private void read() {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    try {
      int next;
      while ((next = in.read()) >= 0) {
        if (next != '\n') {
          if (line.size() < LONGEST_LINE) {
            line.write(next);
          }
        } else if (line.size() > 0) {
          Frame.decode(line.toByteArray()).ifPresent(this::deliver);
          line.reset();
        }
      }
      fail("the other end closed it");
    } catch (IOException e) {
      fail(String.valueOf(e.getMessage()));
    }
  }

  private void deliver(List<byte[]> fields) {
    if (fields.size() < 3 || !new String(fields.get(0), UTF_8).equals(session)) {
      return;
    }
    CompletableFuture<List<byte[]>> future = open.remove(new String(fields.get(1), UTF_8));
    if (future == null) {
      return;
    }
    List<byte[]> values = fields.subList(3, fields.size());
    if (new String(fields.get(2), UTF_8).equals("ok")) {
      future.complete(values);
    } else {
      String why = values.isEmpty() ? "" : new String(values.getFirst(), UTF_8).strip();
      future.completeExceptionally(
          why.startsWith("unknown verb ")
              ? new OlderGuest(why)
              : new UserError("The guest refused: " + why, "See the VM's console log."));
    }
  }

  private void fail(String why) {
    broken = why.isEmpty() ? "closed" : why;
    open.values().forEach(f -> f.completeExceptionally(new IOException(broken)));
    open.clear();
  }

  @Override
  public void close() {
    fail("closed by this side");
    try (in;
        out) {
      // Closes both.
    } catch (IOException e) {
      // It was broken already.
    }
  }
}
