import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;

/// `java TrainingS3.java`: a bucket in memory on loopback that says where it listens. It knows what a save and a restore ask of an
/// S3, no more, and checks nothing: start-up caches are recorded from runs against it.
class TrainingS3 {
  private static final String MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT";
  private final Map<String, byte[]> objects = new ConcurrentSkipListMap<>();

  public static void main(String[] args) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", new TrainingS3()::answer);
    server.start();
    System.out.println("S3 port " + server.getAddress().getPort());
  }

  private void answer(HttpExchange asked) throws IOException {
    try (asked) {
      String query = String.valueOf(asked.getRequestURI().getQuery());
      String name = asked.getRequestURI().getPath();
      if (asked.getRequestMethod().equals("PUT")) {
        put(asked, name);
      } else if (query.contains("list-type=2")) {
        list(asked, name + "/", query.replaceFirst(".*prefix=([^&]*).*", "$1"));
      } else {
        get(asked, name);
      }
    }
  }

  private void put(HttpExchange asked, String name) throws IOException {
    byte[] body = body(asked);
    boolean copied = asked.getRequestHeaders().containsKey("x-amz-copy-source");
    if (!copied) {
      objects.put(name, body);
    }
    asked.getResponseHeaders().set("ETag", "\"1\"");
    send(asked, 200, copied ? text("<CopyObjectResult><ETag>\"1\"</ETag></CopyObjectResult>") : new byte[0]);
  }

  /// Bodies may come in chunks that are signed each: a line that begins with the length in hexadecimal, the bytes, an end of line.
  private static byte[] body(HttpExchange asked) throws IOException {
    byte[] sent = asked.getRequestBody().readAllBytes();
    if (!asked.getRequestHeaders().containsKey("x-amz-decoded-content-length")) {
      return sent;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int at = 0;
    for (int length = 1; length > 0; at += length + 2) {
      int line = at;
      while (sent[at++] != '\n') {}
      length = Integer.parseInt(new String(sent, line, at - line, StandardCharsets.UTF_8).replaceFirst("(?s)\\W.*", ""), 16);
      body.write(sent, at, length);
    }
    return body.toByteArray();
  }

  private void list(HttpExchange asked, String bucket, String prefix) throws IOException {
    StringBuilder all = new StringBuilder("<ListBucketResult><Name>" + bucket + "</Name>");
    objects.forEach(
        (name, bytes) -> {
          String key = name.substring(bucket.length());
          if (key.startsWith(prefix)) {
            all.append("<Contents><Key>" + key + "</Key><LastModified>2026-01-01T00:00:00Z</LastModified>");
            all.append("<ETag>\"1\"</ETag><Size>" + bytes.length + "</Size></Contents>");
          }
        });
    send(asked, 200, text(all + "</ListBucketResult>"));
  }

  private void get(HttpExchange asked, String name) throws IOException {
    boolean bucket = name.indexOf('/', 1) < 0;
    byte[] bytes = bucket ? new byte[0] : objects.get(name);
    if (bytes == null) {
      send(asked, 404, text("<Error><Code>NoSuchKey</Code></Error>"));
      return;
    }
    asked.getResponseHeaders().set("ETag", "\"1\"");
    asked.getResponseHeaders().set("Last-Modified", MODIFIED);
    String range = asked.getRequestHeaders().getFirst("Range");
    if (range == null) {
      send(asked, 200, bytes);
      return;
    }
    String[] ends = range.substring("bytes=".length()).split("-");
    int from = Integer.parseInt(ends[0]);
    int to = Math.min(bytes.length, Integer.parseInt(ends[1]) + 1);
    asked.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + bytes.length);
    send(asked, 206, Arrays.copyOfRange(bytes, from, to));
  }

  private static void send(HttpExchange asked, int status, byte[] body) throws IOException {
    if (asked.getRequestMethod().equals("HEAD")) {
      asked.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
      asked.sendResponseHeaders(status, -1);
      return;
    }
    asked.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    asked.getResponseBody().write(body);
  }

  private static byte[] text(String xml) {
    return ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + xml).getBytes(StandardCharsets.UTF_8);
  }
}
