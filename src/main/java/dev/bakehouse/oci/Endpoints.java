package dev.bakehouse.oci;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/// The operations of the OCI distribution interface this program uses; each a small immutable type.
final class Endpoints {
  private static final String ACCEPT = Manifest.MEDIA_TYPE + ", " + Manifest.DOCKER_MEDIA_TYPE;

  private Endpoints() {}

  /// The digest of a manifest by HEAD; empty when absent.
  record HeadManifest(String repository, String selector) implements Endpoint<Optional<Digest>> {
    @Override
    public String action() {
      return "ask for the digest of " + repository + ":" + selector;
    }

    @Override
    public String method() {
      return "HEAD";
    }

    @Override
    public URI uri(URI base) {
      return base.resolve("manifests/" + selector);
    }

    @Override
    public HttpRequest.Builder prepare(HttpRequest.Builder request) {
      return request.header("Accept", ACCEPT);
    }

    @Override
    public Optional<Digest> handle(Answer answer) throws IOException {
      return switch (answer.status()) {
        case 200 ->
            Optional.of(
                answer
                    .header("docker-content-digest")
                    .map(Digest::parse)
                    .orElseThrow(
                        () ->
                            new RegistryError(
                                "Could not " + action() + ": the answer names no digest",
                                "The registry is not of the OCI kind.")));
        case 404 -> Optional.empty();
        default -> throw answer.unexpected(action());
      };
    }
  }

  record GetManifest(String repository, String selector) implements Endpoint<byte[]> {
    @Override
    public String action() {
      return "read the manifest of " + repository + ":" + selector;
    }

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public URI uri(URI base) {
      return base.resolve("manifests/" + selector);
    }

    @Override
    public HttpRequest.Builder prepare(HttpRequest.Builder request) {
      return request.header("Accept", ACCEPT);
    }

    @Override
    public byte[] handle(Answer answer) throws IOException {
      if (answer.status() == 200) {
        return answer.document();
      }
      throw answer.unexpected(action());
    }
  }

  record PutManifest(String repository, String selector, Manifest manifest)
      implements Endpoint<Boolean> {
    @Override
    public String action() {
      return "write the manifest of " + repository + ":" + selector;
    }

    @Override
    public String method() {
      return "PUT";
    }

    @Override
    public URI uri(URI base) {
      return base.resolve("manifests/" + selector);
    }

    @Override
    public HttpRequest.Builder prepare(HttpRequest.Builder request) {
      return request.header("Content-Type", manifest.mediaType());
    }

    @Override
    public HttpRequest.BodyPublisher body() {
      return HttpRequest.BodyPublishers.ofByteArray(manifest.raw());
    }

    @Override
    public Boolean handle(Answer answer) throws IOException {
      if (answer.status() == 201) {
        return true;
      }
      throw answer.unexpected(action());
    }
  }

  record HeadBlob(String repository, Digest digest) implements Endpoint<Boolean> {
    @Override
    public String action() {
      return "ask for the blob " + digest + " of " + repository;
    }

    @Override
    public String method() {
      return "HEAD";
    }

    @Override
    public URI uri(URI base) {
      return base.resolve("blobs/" + digest);
    }

    @Override
    public Boolean handle(Answer answer) throws IOException {
      return switch (answer.status()) {
        case 200 -> true;
        case 404 -> false;
        default -> throw answer.unexpected(action());
      };
    }
  }

  /// The answer's body is the blob from the offset on, or the whole blob with status 200.
  record GetBlob(String repository, Digest digest, long from) implements Endpoint<Answer> {
    @Override
    public String action() {
      return "read the blob " + digest + " of " + repository;
    }

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public URI uri(URI base) {
      return base.resolve("blobs/" + digest);
    }

    @Override
    public HttpRequest.Builder prepare(HttpRequest.Builder request) {
      return from == 0 ? request : request.header("Range", "bytes=" + from + "-");
    }

    @Override
    public Answer handle(Answer answer) throws IOException {
      if (answer.status() == 200 || answer.status() == 206) {
        return answer;
      }
      throw answer.unexpected(action());
    }
  }

  /// Where the registry wants an upload.
  record StartUpload(String repository) implements Endpoint<URI> {
    @Override
    public String action() {
      return "begin an upload to " + repository;
    }

    @Override
    public String method() {
      return "POST";
    }

    @Override
    public URI uri(URI base) {
      return base.resolve("blobs/uploads/");
    }

    @Override
    public URI handle(Answer answer) throws IOException {
      Optional<String> location = answer.header("location");
      if (answer.status() == 202 && location.isPresent()) {
        return answer.uri().resolve(location.get());
      }
      throw answer.unexpected(action());
    }
  }

  /// The whole blob in one request. An upload place serves once, so a failure needs a new one.
  record PutBlob(String repository, URI upload, Digest digest, Path file)
      implements Endpoint<Boolean> {
    @Override
    public String action() {
      return "upload the blob " + digest + " to " + repository;
    }

    @Override
    public String method() {
      return "PUT";
    }

    @Override
    public URI uri(URI base) {
      String glue = upload.getRawQuery() == null ? "?" : "&";
      return URI.create(upload + glue + "digest=" + digest);
    }

    @Override
    public HttpRequest.Builder prepare(HttpRequest.Builder request) {
      return request.header("Content-Type", "application/octet-stream");
    }

    @Override
    public HttpRequest.BodyPublisher body() throws IOException {
      return HttpRequest.BodyPublishers.ofFile(file);
    }

    @Override
    public boolean repeatable() {
      return false;
    }

    @Override
    public Boolean handle(Answer answer) throws IOException {
      if (answer.status() == 201) {
        return true;
      }
      throw answer.unexpected(action());
    }
  }

  record ListTags(String repository) implements Endpoint<List<String>> {
    @Override
    public String action() {
      return "list the tags of " + repository;
    }

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public URI uri(URI base) {
      return base.resolve("tags/list?n=10000");
    }

    @Override
    public List<String> handle(Answer answer) throws IOException {
      if (answer.status() == 404) {
        return List.of();
      }
      if (answer.status() != 200) {
        throw answer.unexpected(action());
      }
      List<String> tags = new ArrayList<>();
      new JsonMapper()
          .readTree(answer.document())
          .path("tags")
          .forEach(t -> tags.add(t.asString()));
      return tags.stream().sorted().toList();
    }
  }
}
