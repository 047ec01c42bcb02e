package dev.bakehouse.buildkite;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Buildkite's REST API, as much of it as Bakehouse uses. Every failure is a [UserError] that says
/// what was asked of whom.
public final class RestClient {
  private final Exchange exchange;
  private final String root;

  private RestClient(Exchange exchange, String root) {
    this.exchange = exchange;
    this.root = root;
  }

  /// @param address ends with `/v2`, for example `https://api.buildkite.com/v2`
  /// @param tokenFile holds the API token and nothing else
  public static RestClient of(URI address, String organization, Path tokenFile) {
    try {
      String token = Files.readString(tokenFile).strip();
      String base = address.toString().replaceFirst("/+$", "");
      return new RestClient(
          new Exchange(address, token), base + "/organizations/" + escape(organization));
    } catch (IOException e) {
      throw new UserError(
          "Could not read the API token in " + tokenFile + ": " + e.getMessage(),
          "Name the right file, readable by you.",
          e);
    }
  }

  /// Newest first, over as many pages as it takes.
  public List<BuildInfo> builds(String pipeline, BuildQuery query) {
    return pages(
        pipelineUrl(pipeline) + "/builds?" + form(query.parameters()),
        BuildInfo[].class,
        query.most());
  }

  /// The numbers of a pipeline's newest builds by their ids; their jobs are not asked for.
  public Map<String, Integer> numbers(String pipeline, int most) {
    Map<String, Integer> numbers = new HashMap<>();
    String query = form(new BuildQuery(null, null, null, most).parameters());
    String url = pipelineUrl(pipeline) + "/builds?exclude_jobs=true&" + query;
    for (BuildInfo each : pages(url, BuildInfo[].class, most)) {
      numbers.put(String.valueOf(each.id()), each.number());
    }
    return numbers;
  }

  public BuildInfo build(String pipeline, int number) {
    return Exchange.json(exchange.get(URI.create(buildUrl(pipeline, number))), BuildInfo.class);
  }

  public BuildInfo create(
      String pipeline, String commit, String branch, String message, Map<String, String> env) {
    URI uri = URI.create(pipelineUrl(pipeline) + "/builds");
    Map<String, Object> body =
        Map.of("commit", commit, "branch", branch, "message", message, "env", env);
    return Exchange.json(exchange.send(uri, "POST", body), BuildInfo.class);
  }

  public BuildInfo cancel(String pipeline, int number) {
    URI uri = URI.create(buildUrl(pipeline, number) + "/cancel");
    return Exchange.json(exchange.send(uri, "PUT", Map.of()), BuildInfo.class);
  }

  /// Makes or replaces a pipeline with steps of its own.
  ///
  /// @param configuration YAML
  public void definePipeline(String slug, String repository, String branch, String configuration) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("name", slug);
    body.put("slug", slug);
    body.put("repository", repository);
    body.put("default_branch", branch);
    body.put("configuration", configuration);
    exchange.send(URI.create(root + "/pipelines"), "POST", body);
  }

  /// A job's log, with the agent's time marks and colours.
  public byte[] log(String pipeline, int number, String job) {
    return exchange
        .get(URI.create(buildUrl(pipeline, number) + "/jobs/" + escape(job) + "/log.txt"))
        .body();
  }

  public List<ArtifactInfo> artifacts(String pipeline, int number) {
    return pages(
        buildUrl(pipeline, number) + "/artifacts?per_page=100",
        ArtifactInfo[].class,
        Integer.MAX_VALUE);
  }

  /// Writes an artifact to a file, which is there only when it is whole.
  public void download(ArtifactInfo artifact, Path to) {
    Path part = to.resolveSibling(to.getFileName() + ".part");
    try (InputStream in = exchange.follow(URI.create(String.valueOf(artifact.downloadUrl())))) {
      Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      Long size = artifact.fileSize();
      if (size != null && size != Files.size(part)) {
        throw new IOException("it ended after " + Files.size(part) + " of " + size + " bytes");
      }
      Files.move(part, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | IllegalArgumentException e) {
      throw new UserError(
          "Could not download " + artifact.path() + " to " + to + ": " + e.getMessage(),
          "Check the connection and the free space, then try again.",
          e);
    }
  }

  public List<AgentInfo> agents() {
    return List.of(Exchange.json(exchange.get(URI.create(root + "/agents")), AgentInfo[].class));
  }

  private <T> List<T> pages(String url, Class<T[]> type, int most) {
    Optional<URI> next = Optional.of(URI.create(url));
    List<T> all = new ArrayList<>();
    while (next.isPresent() && all.size() < most) {
      HttpResponse<byte[]> answer = exchange.get(next.get());
      all.addAll(List.of(Exchange.json(answer, type)));
      next = exchange.nextPage(answer);
    }
    return all.stream().limit(most).toList();
  }

  private String pipelineUrl(String pipeline) {
    return root + "/pipelines/" + escape(pipeline);
  }

  private String buildUrl(String pipeline, int number) {
    return pipelineUrl(pipeline) + "/builds/" + number;
  }

  private static String form(Map<String, String> parameters) {
    return parameters.entrySet().stream()
        .map(e -> escape(e.getKey()) + "=" + escape(e.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static String escape(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
