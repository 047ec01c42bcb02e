package dev.bakehouse.fleet;

import dev.bakehouse.fleet.Inventory.Member;
import dev.bakehouse.fleet.Remote.Answer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One verb on many hosts at once. A host that fails or hangs holds up no other.
public final class Fleet {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Inventory inventory;
  private final List<Member> hosts;

  /// What came of it on one host.
  ///
  /// @param reached whether the command ran there
  /// @param status of the command; 255 when it did not run there, 1 when that was not tried
  /// @param answer what it said: JSON where it was to say JSON
  /// @param trouble empty when all went well
  public record Result(
      String host, boolean reached, int status, @Nullable JsonNode answer, String trouble) {
    public boolean ok() {
      return trouble.isEmpty();
    }

    /// Before the trouble, for people.
    public String word() {
      return reached ? "failed" : status == Remote.SSH ? "unreachable" : "";
    }
  }

  /// @param hosts those of the inventory that are meant
  public Fleet(Inventory inventory, List<Member> hosts) {
    this.inventory = inventory;
    this.hosts = List.copyOf(hosts);
  }

  /// What each daemon says of itself.
  public List<Result> status() {
    return each(
        host -> json(host, remote(host).bakehouse(inventory.answer(), "host", "status", "--json")));
  }

  /// `host drain` or `host undrain`, with more words of it.
  ///
  /// @param more time than a host has to answer
  public List<Result> tell(List<String> words, Duration more) {
    Duration limit = inventory.answer().plus(more);
    return each(host -> text(host, remote(host).bakehouse(limit, words.toArray(String[]::new))));
  }

  /// Any command.
  public List<Result> exec(List<String> command, Duration limit) {
    return each(host -> text(host, remote(host).run(command, new byte[0], limit)));
  }

  private Remote remote(Member host) {
    return new Remote(inventory, host);
  }

  static Result text(Member host, Answer answer) {
    return new Result(
        host.name(),
        answer.reached(),
        answer.status(),
        JSON.valueToTree(answer.out()),
        answer.trouble());
  }

  /// A daemon that is not well may say so in JSON and with a status of its own.
  private static Result json(Member host, Answer answer) {
    JsonNode tree = tree(answer);
    String first = answer.out().lines().findFirst().orElse("");
    String why = answer.ok() ? "answered no JSON: " + first : answer.trouble();
    return new Result(
        host.name(),
        answer.reached(),
        answer.status(),
        tree,
        tree != null && answer.ok() ? "" : why);
  }

  static @Nullable JsonNode tree(Answer answer) {
    try {
      return answer.out().isBlank() ? null : JSON.readTree(answer.out());
    } catch (JacksonException e) {
      return null;
    }
  }

  interface Work {
    Result on(Member host);
  }

  List<Result> each(Work work) {
    try (ExecutorService pool =
        Executors.newFixedThreadPool(
            Math.min(inventory.parallel(), hosts.size()), Thread.ofPlatform().daemon().factory())) {
      List<Callable<Result>> calls =
          hosts.stream().<Callable<Result>>map(host -> () -> work.on(host)).toList();
      return pool.invokeAll(calls).stream().map(Fleet::get).toList();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private static Result get(Future<Result> done) {
    try {
      return done.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /// For `--json`.
  public static Map<String, Object> view(Result result) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("host", result.host());
    view.put("ok", result.ok());
    view.put("reached", result.reached());
    view.put("status", result.status());
    view.put("answer", result.answer());
    view.put("trouble", result.trouble());
    return view;
  }
}
