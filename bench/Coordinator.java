import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.GZIPOutputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Simulated agents and large builds against a running coordinator: bench/coordinator.
///
/// Usage: `Coordinator.java STATE PID PART`, where STATE is the coordinator's directory and PID its
/// process. Prints figures and lines `goal …`; exits with 1 when something was lost.
class Coordinator {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int AGENTS = number("AGENTS", 1000);
  private static final int RATE = number("RATE", 100);
  private static final int SECONDS = number("DURATION", 120);
  private static final int PATIENCE = number("PATIENCE", 600);
  private static final boolean STREAM = "stream".equals(System.getenv("PINGS"));
  private static final String BUILDS = "/v2/organizations/bakehouse/pipelines/";

  private final URI address;
  private final String registration;
  private final String api;
  private final long pid;
  private final ConcurrentHashMap<String, Long> taken = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Double> waits = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
  private final AtomicInteger done = new AtomicInteger();
  private final LongAdder requests = new LongAdder();
  private final long jobMillis;
  private volatile boolean over;

  Coordinator(Path state, long pid, long jobMillis) throws IOException {
    address = URI.create(Files.readString(state.resolve("address")).strip());
    registration = Files.readString(state.resolve("tokens/registration")).strip();
    api = Files.readString(state.resolve("tokens/api")).strip();
    this.pid = pid;
    this.jobMillis = jobMillis;
  }

  public static void main(String[] arguments) throws Exception {
    Path state = Path.of(arguments[0]);
    long pid = Long.parseLong(arguments[1]);
    switch (arguments[2]) {
      case "arrivals" -> new Coordinator(state, pid, 1000).arrivals();
      case "large" -> {
        new Coordinator(state, pid, 0).large("steps", ranks());
        new Coordinator(state, pid, 0).large("parallel", "{command: x, parallelism: 1000}, ".repeat(5));
      }
      case "log" -> new Coordinator(state, pid, 0).log();
      case "artifacts" -> new Coordinator(state, pid, 0).artifacts();
      default -> throw new IllegalArgumentException(arguments[2]);
    }
    System.exit(0);
  }

  /// Builds of ten jobs arrive at an even pace.
  private void arrivals() throws Exception {
    pipeline("load", "steps:\n  - {key: a, command: x, parallelism: 10}\n");
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    List<Future<?>> agents = agents(threads, AGENTS);
    double before = cpu(pid);
    long began = System.nanoTime();
    int builds = RATE * SECONDS / 10;
    List<Future<Double>> creations = new ArrayList<>();
    for (int i = 0; i < builds; i++) {
      until(began + i * 10_000_000_000L / RATE);
      creations.add(threads.submit(() -> timed(() -> build("load"))));
    }
    List<Double> created = new ArrayList<>();
    for (Future<Double> creation : creations) {
      created.add(creation.get());
    }
    int wanted = builds * 10;
    settle(wanted, Duration.ofSeconds(60));
    double wall = seconds(began);
    double used = cpu(pid) - before;
    over = true;
    for (Future<?> agent : agents) {
      agent.get();
    }
    List<Double> sorted = sorted(waits);
    say(
        "%d jobs in %.0f s by %d %s agents, %.0f requests/s, CPU %.1f s (%.2f of a core)",
        done.get(), wall, AGENTS, STREAM ? "streaming" : "polling",
        requests.sum() / wall, used, used / wall);
    say(
        "dispatch, ms: median %.0f, p99 %.0f, most %.0f; a build made, ms: median %.0f, p99 %.0f",
        at(sorted, 0.5), at(sorted, 0.99), at(sorted, 1),
        at(sorted(created), 0.5), at(sorted(created), 0.99));
    goal("dispatch p99, s", at(sorted, 0.99) / 1000, 1);
    goal("jobs lost or doubled", Math.abs(wanted - taken.size()) + faults.size() + notPassed(), 0);
    memory();
  }

  /// Builds of the pipeline that did not pass, or whose jobs' logs are not whole.
  private int notPassed() throws Exception {
    int bad = 0;
    try (Client client = new Client()) {
      for (int page = 1; ; page++) {
        JsonNode builds =
            client.json("GET", BUILDS + "load/builds?per_page=100&page=" + page, api, "");
        for (JsonNode build : builds) {
          bad += build.path("state").asString().equals("passed") ? 0 : 1;
          String job = build.path("jobs").path(0).path("id").asString();
          String path = BUILDS + "load/builds/" + build.path("number").asInt() + "/jobs/" + job;
          String log = new String(client.call("GET", path + "/log.txt", api, new byte[0]));
          bad += log.equals("one\ntwo\n") ? 0 : 1;
        }
        if (builds.size() < 100) {
          return bad;
        }
      }
    }
  }

  /// 5,000 steps in three ranks.
  private static String ranks() {
    StringBuilder yaml = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      yaml.append("{key: s").append(i).append(", command: x");
      if (i >= 2000) {
        yaml.append(", depends_on: [s").append(i - 2000).append(", s").append(i - 1999).append("]");
      }
      yaml.append("},\n  ");
    }
    return yaml.toString();
  }

  /// One build of 5,000 jobs that take no time, on 200 agents: one that polls waits half a second on
  /// average before each job, by itself, so 50 of them could never take more than 100 a second.
  private void large(String name, String steps) throws Exception {
    pipeline(name, "steps: [" + steps + "]\n");
    double before = cpu(pid);
    double make = timed(() -> build(name));
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    long began = System.nanoTime();
    List<Future<?>> agents = agents(threads, 200);
    double view = 0;
    try (Client client = new Client()) {
      while (done.get() < 5000 && seconds(began) < PATIENCE && faults.isEmpty()) {
        view = Math.max(view, timed(() -> client.json("GET", BUILDS + name + "/builds/1", api, "")));
        Thread.sleep(1000);
      }
      double wall = seconds(began);
      over = true;
      String state = client.json("GET", BUILDS + name + "/builds/1", api, "").path("state").asString();
      say(
          "5,000 jobs, %s: made in %.0f ms, %s after %.0f s (%.0f jobs/s), CPU %.1f s,"
              + " slowest view %.0f ms",
          name, make, state, wall, done.get() / wall, cpu(pid) - before, view);
      goal("5,000 jobs: seconds for each 100", wall / done.get() * 100, 1);
      goal("5,000 jobs: seconds for a view", view / 1000, 1);
      goal("5,000 jobs: lost or doubled", Math.abs(5000 - done.get()) + faults.size(), 0);
    }
    memory();
    for (Future<?> agent : agents) {
      agent.get();
    }
  }

  /// 1 GB in chunks of 100 KB, as an agent sends them: three at a time.
  private void log() throws Exception {
    pipeline("log", "steps: [{command: x}]\n");
    build("log");
    try (Client client = new Client()) {
      Agent agent = new Agent(client, 0);
      JsonNode job = agent.take();
      String id = job.path("id").asString();
      String token = job.path("token").asString();
      client.call("PUT", "/v3/jobs/" + id + "/start", token, bytes("{}"));
      int size = 100_000;
      int count = 10_000;
      byte[] text = text(size);
      byte[] zipped = gzip(text);
      double before = cpu(pid);
      long began = System.nanoTime();
      AtomicInteger next = new AtomicInteger();
      List<Future<Integer>> senders = new ArrayList<>();
      ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
      for (int i = 0; i < 3; i++) {
        senders.add(
            threads.submit(
                () -> {
                  try (Client own = new Client()) {
                    for (int n = next.getAndIncrement(); n < count; n = next.getAndIncrement()) {
                      own.call(
                          "POST",
                          chunk(id, n + 1, (long) n * size, size),
                          token,
                          zipped,
                          "Content-Encoding: gzip\r\n");
                    }
                  }
                  return 0;
                }));
      }
      for (Future<Integer> sender : senders) {
        sender.get();
      }
      double sent = seconds(began);
      double used = cpu(pid) - before;
      client.call("PUT", "/v3/jobs/" + id + "/finish", token, bytes("{\"exit_status\":\"0\"}"));
      began = System.nanoTime();
      String path = BUILDS + "log/builds/1/jobs/" + id + "/log";
      long raw = client.count("GET", path + ".txt", api);
      double read = seconds(began);
      began = System.nanoTime();
      long json = client.count("GET", path, api);
      say(
          "a log of %.2f GB: sent in %.1f s (%.0f MB/s, CPU %.1f s), read in %.1f s,"
              + " as JSON in %.1f s",
          (double) size * count / 1e9, sent, (double) size * count / 1e6 / sent, used, read,
          seconds(began));
      goal("log: bytes that are not there", Math.abs((long) size * count - raw), 0);
      goal("log: bytes missing in JSON", Math.max(0, (long) size * count - json), 0);
      goal("log: seconds to read it", read, 10);
    }
    memory();
  }

  /// 10,000 artifacts of 1 KB, announced by thirties, sent by ten at once.
  private void artifacts() throws Exception {
    pipeline("artifacts", "steps: [{key: a, command: x}]\n");
    build("artifacts");
    try (Client client = new Client()) {
      Agent agent = new Agent(client, 0);
      JsonNode job = agent.take();
      String id = job.path("id").asString();
      String token = job.path("token").asString();
      String build = job.path("env").path("BUILDKITE_BUILD_ID").asString();
      client.call("PUT", "/v3/jobs/" + id + "/start", token, bytes("{}"));
      byte[] content = text(1000);
      double before = cpu(pid);
      long began = System.nanoTime();
      ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
      AtomicInteger next = new AtomicInteger();
      List<Future<Integer>> senders = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        senders.add(
            threads.submit(
                () -> {
                  try (Client own = new Client()) {
                    for (int n = next.getAndAdd(25); n < 10_000; n = next.getAndAdd(25)) {
                      upload(own, id, token, n, content);
                    }
                  }
                  return 0;
                }));
      }
      for (Future<Integer> sender : senders) {
        sender.get();
      }
      double sent = seconds(began);
      double used = cpu(pid) - before;
      String search = "/v3/builds/" + build + "/artifacts/search?state=finished&query=";
      AtomicInteger found = new AtomicInteger();
      double all =
          timed(() -> found.getAndSet(client.json("GET", search + "out/**/*", token, "").size()));
      double one = timed(() -> client.json("GET", search + "out/77/f777*", token, ""));
      say(
          "10,000 artifacts: sent in %.1f s (CPU %.1f s), all found in %.0f ms, one in %.0f ms",
          sent, used, all, one);
      goal("artifacts that are not found", Math.abs(10_000 - found.get()), 0);
      goal("artifacts: seconds to find one of 10,000", one / 1000, 1);
    }
    memory();
  }

  private static void upload(Client client, String job, String token, int first, byte[] content)
      throws IOException {
    List<Map<String, Object>> batch = new ArrayList<>();
    for (int i = first; i < first + 25; i++) {
      batch.add(Map.of("path", "out/" + i / 100 + "/f" + i + ".txt", "file_size", content.length));
    }
    String body =
        JSON.writeValueAsString(
            Map.of("id", "b" + first, "artifacts", batch, "multipart_supported", true));
    JsonNode answer = client.json("POST", "/v3/jobs/" + job + "/artifacts", token, body);
    List<Map<String, Object>> states = new ArrayList<>();
    for (JsonNode id : answer.path("artifact_ids")) {
      JsonNode each = answer.path("per_artifact_instructions").path(id.asString());
      URI url = URI.create(each.path("actions").path(0).path("url").asString());
      client.call("PUT", url.getRawPath(), "", content);
      states.add(Map.of("id", id.asString(), "state", "finished"));
    }
    client.json(
        "PUT",
        "/v3/jobs/" + job + "/artifacts",
        token,
        JSON.writeValueAsString(Map.of("artifacts", states)));
  }

  private List<Future<?>> agents(ExecutorService threads, int count) throws Exception {
    List<Future<?>> agents = new ArrayList<>();
    AtomicInteger connected = new AtomicInteger();
    for (int i = 0; i < count; i++) {
      int seed = i;
      agents.add(
          threads.submit(
              () -> {
                try (Client client = new Client()) {
                  Agent agent = new Agent(client, seed);
                  connected.incrementAndGet();
                  agent.live();
                } catch (Exception e) {
                  faults.add(e.toString());
                }
              }));
    }
    while (connected.get() < count && faults.isEmpty()) {
      Thread.sleep(20);
    }
    return agents;
  }

  /// An agent as the API's description has it: it pings at a tick and a random part of one.
  private final class Agent {
    private final Client client;
    private final Random random;
    private final String token;

    Agent(Client client, int seed) throws IOException {
      this.client = client;
      this.random = new Random(seed);
      String me = "{\"name\":\"agent-" + seed + "\",\"meta_data\":[\"queue=default\",\"n=" + seed;
      JsonNode answer = client.json("POST", "/v3/register", registration, me + "\"]}");
      token = answer.path("access_token").asString();
      client.json("POST", "/v3/connect", token, "");
    }

    void live() throws Exception {
      Thread.startVirtualThread(this::beat);
      if (STREAM) {
        stream();
      } else {
        poll();
      }
    }

    private void beat() {
      try (Client hearts = new Client()) {
        while (!over) {
          Thread.sleep(5000 + random.nextInt(1000));
          hearts.json("POST", "/v3/heartbeat", token, "{\"sent_at\":\"x\"}");
        }
      } catch (IOException | InterruptedException e) {
        if (!over) {
          faults.add("heartbeat: " + e);
        }
      }
    }

    private void poll() throws Exception {
      Thread.sleep(random.nextInt(1000));
      long tick = System.nanoTime();
      while (!over) {
        Thread.sleep(random.nextInt(1000));
        JsonNode ping = client.json("GET", "/v3/ping", token, "");
        if (ping.has("job")) {
          run(accept(ping.path("job").path("id").asString()));
          tick = System.nanoTime();
        } else {
          tick += 1_000_000_000L;
          until(tick);
        }
      }
    }

    /// Over a stream of pings; it is opened anew after a minute, as by a real agent.
    private void stream() throws Exception {
      while (!over) {
        try (Client pings = new Client()) {
          InputStream in = pings.open("/agentedge.v1.AgentEdgeService/StreamPings", token);
          long began = System.nanoTime();
          while (!over && seconds(began) < 55) {
            byte[] message = Client.message(in);
            if (message.length > 6 && message[0] == 0x2a) {
              run(accept(new String(message, 6, message.length - 6, StandardCharsets.UTF_8)));
            }
          }
        } catch (IOException e) {
          Thread.sleep(random.nextInt(1000));
        }
      }
    }

    JsonNode take() throws Exception {
      while (true) {
        JsonNode ping = client.json("GET", "/v3/ping", token, "");
        if (ping.has("job")) {
          return accept(ping.path("job").path("id").asString());
        }
        Thread.sleep(50);
      }
    }

    private JsonNode accept(String id) throws IOException {
      return client.json("PUT", "/v3/jobs/" + id + "/accept", token, "");
    }

    private void run(JsonNode job) throws Exception {
      long now = System.currentTimeMillis();
      String id = job.path("id").asString();
      if (taken.putIfAbsent(id, now) != null) {
        faults.add(id + " was given out twice");
      }
      String own = job.path("token").asString();
      waits.add((double) (now - Instant.parse(job.path("runnable_at").asString()).toEpochMilli()));
      client.call("PUT", "/v3/jobs/" + id + "/start", own, bytes("{\"started_at\":\"x\"}"));
      client.call("POST", chunk(id, 1, 0, 4), own, gzip(bytes("one\n")), GZIP);
      if (jobMillis > 0) {
        Thread.sleep(random.nextLong(2 * jobMillis));
        client.json("GET", "/v3/jobs/" + id, own, "");
      }
      client.call("POST", chunk(id, 2, 4, 4), own, gzip(bytes("two\n")), GZIP);
      client.call("PUT", "/v3/jobs/" + id + "/finish", own, bytes("{\"exit_status\":\"0\"}"));
      done.incrementAndGet();
    }
  }

  private static final String GZIP = "Content-Encoding: gzip\r\n";

  private static String chunk(String job, int sequence, long offset, int size) {
    return "/v3/jobs/" + job + "/chunks?sequence=" + sequence + "&offset=" + offset + "&size="
        + size;
  }

  /// One connection, kept: the load must not come from the client.
  private final class Client implements AutoCloseable {
    private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.getPort());
    private final InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 14);
    private final OutputStream out = socket.getOutputStream();

    Client() throws IOException {
      socket.setTcpNoDelay(true);
    }

    JsonNode json(String method, String path, String token, String body) throws IOException {
      return JSON.readTree(call(method, path, token, bytes(body)));
    }

    byte[] call(String method, String path, String token, byte[] body, String... headers)
        throws IOException {
      send(method, path, token, body, String.join("", headers));
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      receive(answer);
      return answer.toByteArray();
    }

    long count(String method, String path, String token) throws IOException {
      send(method, path, token, new byte[0], "");
      long[] count = {0};
      receive(
          new OutputStream() {
            @Override
            public void write(int b) {
              count[0]++;
            }

            @Override
            public void write(byte[] b, int from, int length) {
              count[0] += length;
            }
          });
      return count[0];
    }

    /// @return the body, whose chunks are messages
    InputStream open(String path, String token) throws IOException {
      send("POST", path, token, new byte[5], "Content-Type: application/grpc\r\n");
      if (!line().startsWith("HTTP/1.1 200")) {
        throw new IOException("no stream");
      }
      while (!line().isEmpty()) {}
      return in;
    }

    /// The next message of a stream whose chunks are one message each.
    static byte[] message(InputStream in) throws IOException {
      int size = Integer.parseInt(line(in), 16);
      byte[] framed = in.readNBytes(size);
      line(in);
      return size < 5 ? new byte[0] : Arrays.copyOfRange(framed, 5, size);
    }

    private void send(String method, String path, String token, byte[] body, String headers)
        throws IOException {
      requests.increment();
      String head =
          method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + address.getPort() + "\r\n"
              + (token.isEmpty() ? "" : "Authorization: Token " + token + "\r\n")
              + headers + "Content-Length: " + body.length + "\r\n\r\n";
      byte[] start = head.getBytes(StandardCharsets.ISO_8859_1);
      byte[] all = Arrays.copyOf(start, start.length + body.length);
      System.arraycopy(body, 0, all, start.length, body.length);
      out.write(all);
    }

    private void receive(OutputStream to) throws IOException {
      String status = line();
      long length = 0;
      boolean chunked = false;
      for (String header = line(); !header.isEmpty(); header = line()) {
        String lower = header.toLowerCase(Locale.ROOT);
        if (lower.startsWith("content-length:")) {
          length = Long.parseLong(header.substring(15).strip());
        }
        chunked |= lower.startsWith("transfer-encoding: chunked");
      }
      if (chunked) {
        for (int size = -1; size != 0; ) {
          size = Integer.parseInt(line(), 16);
          copy(to, size);
          line();
        }
      } else {
        copy(to, length);
      }
      if (!status.contains(" 20")) {
        throw new IOException(status + " " + to);
      }
    }

    private void copy(OutputStream to, long length) throws IOException {
      byte[] buffer = new byte[(int) Math.min(1 << 16, length)];
      for (long left = length; left > 0; ) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (count < 0) {
          throw new EOFException("the answer is cut");
        }
        to.write(buffer, 0, count);
        left -= count;
      }
    }

    private String line() throws IOException {
      return line(in);
    }

    private static String line(InputStream in) throws IOException {
      StringBuilder text = new StringBuilder();
      for (int b = in.read(); b != '\n'; b = in.read()) {
        if (b < 0) {
          throw new EOFException("the connection ended");
        }
        if (b != '\r') {
          text.append((char) b);
        }
      }
      return text.toString();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private void pipeline(String slug, String yaml) throws IOException {
    try (Client client = new Client()) {
      client.json(
          "POST",
          "/v2/organizations/bakehouse/pipelines",
          api,
          JSON.writeValueAsString(
              Map.of("name", slug, "slug", slug, "repository", "r", "configuration", yaml)));
    }
  }

  private JsonNode build(String pipeline) throws IOException {
    try (Client client = new Client()) {
      String body = "{\"commit\":\"HEAD\",\"branch\":\"main\",\"message\":\"m\"}";
      return client.json("POST", BUILDS + pipeline + "/builds", api, body);
    }
  }

  private void settle(int wanted, Duration limit) throws InterruptedException {
    long began = System.nanoTime();
    while (done.get() < wanted && seconds(began) < limit.toSeconds() && faults.isEmpty()) {
      Thread.sleep(100);
    }
    faults.stream().limit(5).forEach(System.out::println);
  }

  /// Of the coordinator, from when it started.
  private void memory() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith("VmHWM")) {
        goal("most memory, MB", Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0, 512);
      }
    }
  }

  /// Seconds of processor time a process has had.
  private static double cpu(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(p -> p.info().totalCpuDuration())
        .map(d -> d.toMillis() / 1000.0)
        .orElse(0.0);
  }

  private static double timed(Callable<?> work) throws Exception {
    long began = System.nanoTime();
    work.call();
    return seconds(began) * 1000;
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static void until(long time) throws InterruptedException {
    long left = time - System.nanoTime();
    if (left > 0) {
      Thread.sleep(Duration.ofNanos(left));
    }
  }

  private static List<Double> sorted(Iterable<Double> values) {
    List<Double> all = new ArrayList<>();
    values.forEach(all::add);
    all.sort(null);
    return all;
  }

  private static double at(List<Double> sorted, double share) {
    return sorted.isEmpty() ? 0 : sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * share));
  }

  private static byte[] text(int size) {
    byte[] text = new byte[size];
    Random random = new Random(1);
    for (int i = 0; i < size; i++) {
      text[i] = (byte) (i % 80 == 79 ? '\n' : 'a' + random.nextInt(26));
    }
    return text;
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(bytes);
    }
    return out.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static int number(String name, int fallback) {
    String value = System.getenv(name);
    return value == null ? fallback : Integer.parseInt(value);
  }

  private static void goal(String what, double figure, double asked) {
    say("goal %s: %.2f (asked %.2f) %s", what, figure, asked, figure <= asked ? "met" : "missed");
  }

  private static void say(String pattern, Object... values) {
    System.out.println(String.format(Locale.ROOT, pattern, values));
  }
}
