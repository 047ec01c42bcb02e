package dev.bakehouse.oci;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The operations of the OCI distribution interface this program uses; each a small immutable type.
final class Endpoints {
  private static final String ACCEPT = Manifest.MEDIA_TYPE + ", " + Manifest.DOCKER_MEDIA_TYPE;

  /// Distribution calls an unreadable note of a blob an invalid digest.
  private static final Pattern BLOB_MISSING =
      Pattern.compile("^: (MANIFEST_BLOB_UNKNOWN|BLOB_UNKNOWN|DIGEST_INVALID)\\b");

  private Endpoints() {}

  /// The digest of a manifest by HEAD, as the registry names it (some do not: then it is the empty
  /// text); nothing when absent.
  record HeadManifest(String repository, String selector) implements Endpoint<Optional<String>> {
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
    public Optional<String> handle(Answer answer) throws IOException {
      return switch (answer.status()) {
        case 200 -> Optional.of(answer.header("docker-content-digest").orElse(""));
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
    public Scopes scopes(String name) {
      return Scopes.push(name);
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
      byte[] body = answer.document();
      String says = answer.with(body).says();
      throw BLOB_MISSING.matcher(says).find()
          ? new RegistryError.Incomplete(action(), answer.uri().getHost(), says)
          : answer.with(body).unexpected(action());
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

  /// The answer's body is the part of the blob with status 206, the whole blob with 200; 416 says
  /// that the blob ends before the part begins.
  ///
  /// @param end of the part, exclusive; -1 for the blob's own
  record GetBlob(String repository, Digest digest, long from, long end)
      implements Endpoint<Answer> {
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
      String last = end < 0 ? "" : Long.toString(end - 1);
      return from == 0 && end < 0 ? request : request.header("Range", "bytes=" + from + "-" + last);
    }

    @Override
    public Answer handle(Answer answer) throws IOException {
      return switch (answer.status()) {
        case 200, 206, 416 -> answer;
        default -> throw answer.unexpected(action());
      };
    }
  }

  /// A part of a list of tags.
  ///
  /// @param next where the rest is
  record TagPage(List<String> tags, Optional<URI> next) {}

  /// @param page where it goes on; empty for the first part
  record ListTags(String repository, Optional<URI> page) implements Endpoint<TagPage> {
    private static final Pattern NEXT = Pattern.compile("<([^>]*)>\\s*;\\s*rel=\"?next\"?");

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
      return page.orElse(base.resolve("tags/list?n=1000"));
    }

    @Override
    public TagPage handle(Answer answer) throws IOException {
      if (answer.status() == 404) {
        return new TagPage(List.of(), Optional.empty());
      }
      if (answer.status() != 200) {
        throw answer.unexpected(action());
      }
      List<String> tags = new ArrayList<>();
      try {
        new JsonMapper()
            .readTree(answer.document())
            .path("tags")
            .forEach(t -> tags.add(t.asString()));
      } catch (JacksonException e) {
        throw new IOException("the list of tags is not JSON", e);
      }
      Matcher next = NEXT.matcher(answer.header("link").orElse(""));
      return new TagPage(
          List.copyOf(tags),
          next.find() ? Optional.of(answer.target(next.group(1), action())) : Optional.empty());
    }
  }
}
