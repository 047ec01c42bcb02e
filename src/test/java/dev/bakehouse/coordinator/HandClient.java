package dev.bakehouse.coordinator;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import tools.jackson.databind.JsonNode;

/// An agent written by hand from the API's description, for what the real one of the tests lacks.
final class HandClient {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI address;
  String agent = "";

  /// An answer with its JSON; a missing body is an empty object.
  record Answer(HttpResponse<byte[]> raw, JsonNode json) {
    int status() {
      return raw.statusCode();
    }
  }

  HandClient(Coordinator coordinator) {
    this(coordinator.address());
  }

  private HandClient(URI address) {
    this.address = address;
  }

  static HandClient connected(Coordinator coordinator, String name, String tags) throws Exception {
    Path state = coordinator.registrationToken().getParent().getParent();
    return connected(coordinator.address(), state, name, tags);
  }

  /// @param state the directory of a coordinator that may be another process
  static HandClient connected(URI address, Path state, String name, String tags) throws Exception {
    return connected(address, state, "{\"name\":\"" + name + "\",\"meta_data\":" + tags + "}");
  }

  static HandClient connected(Coordinator coordinator, String registration) throws Exception {
    Path state = coordinator.registrationToken().getParent().getParent();
    return connected(coordinator.address(), state, registration);
  }

  private static HandClient connected(URI address, Path state, String registration)
      throws Exception {
    HandClient client = new HandClient(address);
    String token = Files.readString(state.resolve("tokens/registration")).strip();
    Answer answer = client.call("POST", "/v3/register", token, registration);
    client.agent = answer.json.path("access_token").asString();
    client.call("POST", "/v3/connect", client.agent, "");
    return client;
  }

  Answer call(String method, String path, String token, String body) throws Exception {
    return call(method, path, token, body.getBytes(StandardCharsets.UTF_8), "User-Agent", "hand");
  }

  Answer call(String method, String path, String token, byte[] body, String... headers)
      throws Exception {
    URI uri = URI.create(path.startsWith("http") ? path : address + path);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri).method(method, BodyPublishers.ofByteArray(body));
    request.headers(headers);
    if (!token.isEmpty()) {
      request.header("Authorization", "Token " + token);
    }
    HttpResponse<byte[]> raw = http.send(request.build(), BodyHandlers.ofByteArray());
    boolean json =
        raw.headers().firstValue("Content-Type").orElse("").startsWith("application/json");
    return new Answer(raw, Json.MAPPER.readTree(json ? raw.body() : "{}".getBytes()));
  }

  /// Asks until there is a job and takes it.
  JsonNode take() throws Exception {
    Answer ping = call("GET", "/v3/ping", agent, "");
    String id = ping.json.path("job").path("id").asString();
    return call("PUT", "/v3/jobs/" + id + "/accept", agent, "").json;
  }

  /// Takes a job and starts it.
  JsonNode begin() throws Exception {
    JsonNode job = take();
    call("PUT", path(job) + "/start", token(job), "{\"started_at\":\"x\"}");
    return job;
  }

  Answer finish(JsonNode job, String status) throws Exception {
    return call("PUT", path(job) + "/finish", token(job), "{\"exit_status\":\"" + status + "\"}");
  }

  Answer chunk(JsonNode job, int sequence, int offset, String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(bytes);
    }
    return call(
        "POST",
        path(job) + "/chunks?sequence=" + sequence + "&offset=" + offset + "&size=" + bytes.length,
        token(job),
        zipped.toByteArray(),
        "Content-Encoding",
        "gzip");
  }

  static String path(JsonNode job) {
    return "/v3/jobs/" + job.path("id").asString();
  }

  static String token(JsonNode job) {
    return job.path("token").asString();
  }
}
