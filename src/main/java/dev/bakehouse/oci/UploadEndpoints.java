package dev.bakehouse.oci;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The operations by which a blob gets into a repository. None is repeated blindly: what a broken
/// one left behind is asked for first.
final class UploadEndpoints {
  private UploadEndpoints() {}

  /// An upload that has begun.
  ///
  /// @param place where it goes on; a registry may give another with each answer
  /// @param have bytes the registry says it has
  /// @param leastChunk below which it takes no part but the last; 0 when it does not say
  record Session(URI place, long have, long leastChunk) {
    private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-(\\d{1,18})");

    /// @param sent what it has if it took all that was sent: `0-0` may mean a byte or none
    static Session of(Answer answer, String action, long sent) {
      URI place = answer.header("location").isPresent() ? answer.location(action) : answer.uri();
      Matcher range = RANGE.matcher(answer.header("range").orElse(""));
      long last = range.matches() ? Long.parseLong(range.group(1)) : sent - 1;
      long have = last == 0 && sent != 1 ? 0 : last + 1;
      String least = answer.header("oci-chunk-min-length").orElse("");
      return new Session(place, have, least.matches("\\d{1,12}") ? Long.parseLong(least) : 0);
    }

    URI with(Digest digest) {
      String glue = place.getRawQuery() == null ? "?" : "&";
      return URI.create(place + glue + "digest=" + digest);
    }
  }

  record StartUpload(String repository) implements Endpoint<Session> {
    @Override
    public String action() {
      return "begin an upload to " + repository;
    }

    @Override
    public String method() {
      return "POST";
    }

    @Override
    public Scopes scopes(String name) {
      return Scopes.push(name);
    }

    @Override
    public URI uri(URI base) {
      return base.resolve("blobs/uploads/");
    }

    @Override
    public Session handle(Answer answer) throws IOException {
      if (answer.status() == 202 && answer.header("location").isPresent()) {
        Session begun = Session.of(answer, action(), 0);
        return new Session(begun.place(), 0, begun.leastChunk());
      }
      throw answer.unexpected(action());
    }
  }

  /// Empty when the blob is now there; else the upload the registry began instead.
  ///
  /// @param from the other repository as the registry calls it
  record MountBlob(String repository, Digest digest, String from)
      implements Endpoint<Optional<Session>> {
    @Override
    public String action() {
      return "take the blob " + digest + " from " + from + " into " + repository;
    }

    @Override
    public String method() {
      return "POST";
    }

    @Override
    public Scopes scopes(String name) {
      return Scopes.push(name).and(Scopes.pull(from).all());
    }

    @Override
    public URI uri(URI base) {
      String other = URLEncoder.encode(from, StandardCharsets.UTF_8);
      return base.resolve("blobs/uploads/?mount=" + digest + "&from=" + other);
    }

    @Override
    public Optional<Session> handle(Answer answer) throws IOException {
      return switch (answer.status()) {
        case 201 -> Optional.empty();
        case 202 -> Optional.of(Session.of(answer, action(), 0));
        default -> throw answer.unexpected(action());
      };
    }
  }

  /// Ends an upload: with the whole blob, or with nothing when its parts are there.
  record PutBlob(String repository, Session session, Digest digest, FilePart rest)
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
    public Scopes scopes(String name) {
      return Scopes.push(name);
    }

    @Override
    public URI uri(URI base) {
      return session.with(digest);
    }

    @Override
    public HttpRequest.Builder prepare(HttpRequest.Builder request) {
      return request.header("Content-Type", "application/octet-stream");
    }

    @Override
    public Optional<FilePart> part() {
      return Optional.of(rest);
    }

    @Override
    public boolean repeatable() {
      return false;
    }

    @Override
    public Boolean handle(Answer answer) throws IOException {
      if (answer.status() == 201 || answer.status() == 204) {
        return true;
      }
      throw answer.unexpected(action());
    }
  }

  /// One part; empty when the registry expects another (416).
  record PatchChunk(String repository, Session session, FilePart chunk)
      implements Endpoint<Optional<Session>> {
    @Override
    public String action() {
      return "upload a part of a blob to " + repository;
    }

    @Override
    public String method() {
      return "PATCH";
    }

    @Override
    public Scopes scopes(String name) {
      return Scopes.push(name);
    }

    @Override
    public URI uri(URI base) {
      return session.place();
    }

    @Override
    public HttpRequest.Builder prepare(HttpRequest.Builder request) {
      long last = chunk.offset() + chunk.length() - 1;
      return request
          .header("Content-Type", "application/octet-stream")
          .header("Content-Range", chunk.offset() + "-" + last);
    }

    @Override
    public Optional<FilePart> part() {
      return Optional.of(chunk);
    }

    @Override
    public boolean repeatable() {
      return false;
    }

    @Override
    public Optional<Session> handle(Answer answer) throws IOException {
      return switch (answer.status()) {
        case 202, 204 -> Optional.of(Session.of(answer, action(), chunk.offset() + chunk.length()));
        case 416 -> Optional.empty();
        default -> throw answer.unexpected(action());
      };
    }
  }

  /// What the registry has of an upload.
  record AskUpload(String repository, Session session) implements Endpoint<Session> {
    @Override
    public String action() {
      return "ask how far an upload to " + repository + " is";
    }

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public Scopes scopes(String name) {
      return Scopes.push(name);
    }

    @Override
    public URI uri(URI base) {
      return session.place();
    }

    @Override
    public Session handle(Answer answer) throws IOException {
      if (answer.status() == 204) {
        return Session.of(answer, action(), 0);
      }
      throw answer.unexpected(action());
    }
  }

  record CancelUpload(String repository, Session session) implements Endpoint<Boolean> {
    @Override
    public String action() {
      return "cancel an upload to " + repository;
    }

    @Override
    public String method() {
      return "DELETE";
    }

    @Override
    public Scopes scopes(String name) {
      return Scopes.push(name);
    }

    @Override
    public URI uri(URI base) {
      return session.place();
    }

    @Override
    public boolean repeatable() {
      return false;
    }

    @Override
    public Boolean handle(Answer answer) {
      return answer.status() == 204;
    }
  }
}
