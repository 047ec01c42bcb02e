package dev.bakehouse.buildkite;

import dev.bakehouse.platform.Reason;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Buildkite's REST API, as much of it as Bakehouse uses; the embedded coordinator serves the same.
/// Every failure is a [UserError] that says what was asked of whom, and which scope the token must
/// have.
public final class RestClient {
  private static final String READ_BUILDS = "read_builds";
  private static final String WRITE_BUILDS = "write_builds";
  private static final String READ_ARTIFACTS = "read_artifacts";

  private static final Duration DOWNLOAD = Duration.ofMinutes(30);

  private final URI address;
  private final Exchange exchange;
  private final String root;

  private RestClient(URI address, Exchange exchange, String root) {
    this.address = address;
    this.exchange = exchange;
    this.root = root;
  }

  /// Of the server, ending with `/v2`.
  public URI address() {
    return address;
  }

  /// @param address ends with `/v2`, for example `https://api.buildkite.com/v2`
  /// @param tokenFile holds the API token and nothing else
  /// @throws UserError when it does not
  public static RestClient of(URI address, String organization, Path tokenFile) {
    try {
      String token = Files.readString(tokenFile).strip();
      if (!token.matches("[\\x21-\\x7e]+")) {
        throw new UserError(
            tokenFile + " holds no API token: it is empty, or more than one word",
            "Write the token into it, and nothing else.");
      }
      String base = address.toString().replaceFirst("/+$", "");
      return new RestClient(
          address,
          new Exchange(address, "Bearer " + token),
          base + "/organizations/" + escape(organization));
    } catch (IOException e) {
      throw new UserError(
          "Could not read the API token in " + tokenFile + ": " + Reason.of(e),
          "Name the right file, readable by you.",
          e);
    }
  }

  /// A pipeline's, over as many pages as it takes.
  public List<BuildInfo> builds(String pipeline, BuildQuery query) {
    String url = pipelineUrl(pipeline) + "/builds?" + form(query.parameters());
    return pages(url, READ_BUILDS, BuildInfo[].class, query.most());
  }

  /// All pipelines'.
  public List<BuildInfo> builds(BuildQuery query) {
    String url = root + "/builds?" + form(query.parameters());
    return pages(url, READ_BUILDS, BuildInfo[].class, query.most());
  }

  /// The numbers of a pipeline's newest builds by their ids; their jobs are not asked for.
  public Map<String, Integer> numbers(String pipeline, int most) {
    Map<String, Integer> numbers = new HashMap<>();
    BuildQuery query = new BuildQuery(null, (String) null, null, most).bare();
    for (BuildInfo each : builds(pipeline, query)) {
      numbers.put(String.valueOf(each.id()), each.number());
    }
    return numbers;
  }

  public BuildInfo build(String pipeline, int number) {
    return get(buildUrl(pipeline, number), READ_BUILDS, BuildInfo.class);
  }

  public BuildInfo create(
      String pipeline, String commit, String branch, String message, Map<String, String> env) {
    Map<String, Object> body =
        Map.of("commit", commit, "branch", branch, "message", message, "env", env);
    return send("POST", pipelineUrl(pipeline) + "/builds", WRITE_BUILDS, body, BuildInfo.class);
  }

  public BuildInfo cancel(String pipeline, int number) {
    return put(buildUrl(pipeline, number) + "/cancel", Map.of(), BuildInfo.class);
  }

  /// @return the new build
  public BuildInfo rebuild(String pipeline, int number) {
    return put(buildUrl(pipeline, number) + "/rebuild", Map.of(), BuildInfo.class);
  }

  public List<AnnotationInfo> annotations(String pipeline, int number) {
    String url = buildUrl(pipeline, number) + "/annotations?per_page=100";
    return pages(url, READ_BUILDS, AnnotationInfo[].class, Integer.MAX_VALUE);
  }

  /// A code for the web page of Bakehouse's coordinator. Buildkite has none.
  public WebCode webCode() {
    String url = address.toString().replaceFirst("/+$", "") + "/web/code";
    return send("POST", url, READ_BUILDS, Map.of(), WebCode.class);
  }

  /// A job of any pipeline.
  public JobInfo job(String id) {
    return get(jobUrl(id), READ_BUILDS, JobInfo.class);
  }

  /// What a job's environment is, or was, without what its agent adds.
  public Map<String, String> environment(String job) {
    Map<String, String> env = get(jobUrl(job) + "/env", "read_job_env", JobEnvironment.class).env();
    return env == null ? Map.of() : env;
  }

  private record JobEnvironment(@Nullable Map<String, String> env) {}

  /// @return the new job
  public JobInfo retry(String job) {
    return put(jobUrl(job) + "/retry", Map.of(), JobInfo.class);
  }

  /// Ends one job. Only the embedded coordinator can by its REST API.
  public JobInfo cancelJob(String job) {
    return put(jobUrl(job) + "/cancel", Map.of(), JobInfo.class);
  }

  /// @param fields what the step asks for
  public JobInfo unblock(String job, Map<String, String> fields) {
    return put(jobUrl(job) + "/unblock", Map.of("fields", fields), JobInfo.class);
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
    exchange.send(URI.create(root + "/pipelines"), "POST", "write_pipelines", body);
  }

  /// A job's log, with the agent's time marks and colours.
  public byte[] log(String pipeline, int number, String job) {
    String url = buildUrl(pipeline, number) + "/jobs/" + escape(job) + "/log.txt";
    return exchange.get(URI.create(url), "read_build_logs").body();
  }

  public List<ArtifactInfo> artifacts(String pipeline, int number) {
    String url = buildUrl(pipeline, number) + "/artifacts?per_page=100";
    return pages(url, READ_ARTIFACTS, ArtifactInfo[].class, Integer.MAX_VALUE);
  }

  /// Writes an artifact to a file, which is there only when it is whole.
  public void download(ArtifactInfo artifact, Path to) {
    Path part = to.resolveSibling(to.getFileName() + ".part");
    URI from = URI.create(String.valueOf(artifact.downloadUrl()));
    try (InputStream in = exchange.follow(from, READ_ARTIFACTS)) {
      Bytes.write(in, part, artifact.fileSize(), DOWNLOAD);
      Files.move(part, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | IllegalArgumentException e) {
      throw new UserError(
          "Could not download " + artifact.path() + " to " + to + ": " + e.getMessage(),
          "Check the connection and the free space, then try again.",
          e);
    }
  }

  /// Those that are connected.
  public List<AgentInfo> agents() {
    String url = root + "/agents?per_page=100";
    return pages(url, "read_agents", AgentInfo[].class, Integer.MAX_VALUE);
  }

  public AgentInfo agent(String id) {
    return get(root + "/agents/" + escape(id), "read_agents", AgentInfo.class);
  }

  /// @param force whether its job is cancelled; else it leaves after that
  public void stopAgent(String id, boolean force) {
    URI uri = URI.create(root + "/agents/" + escape(id) + "/stop");
    exchange.send(uri, "PUT", "write_agents", Map.of("force", force));
  }

  private <T> T get(String url, String scope, Class<T> type) {
    return Exchange.json(exchange.get(URI.create(url), scope), type);
  }

  private <T> T put(String url, Object body, Class<T> type) {
    return send("PUT", url, WRITE_BUILDS, body, type);
  }

  private <T> T send(String method, String url, String scope, Object body, Class<T> type) {
    return Exchange.json(exchange.send(URI.create(url), method, scope, body), type);
  }

  private <T> List<T> pages(String url, String scope, Class<T[]> type, int most) {
    Optional<URI> next = Optional.of(URI.create(url));
    List<T> all = new ArrayList<>();
    while (next.isPresent() && all.size() < most) {
      HttpResponse<byte[]> answer = exchange.get(next.get(), scope);
      all.addAll(List.of(Exchange.json(answer, type)));
      next = exchange.nextPage(answer);
    }
    return all.stream().limit(most).toList();
  }

  private String jobUrl(String id) {
    return root + "/jobs/" + escape(id);
  }

  private String pipelineUrl(String pipeline) {
    return root + "/pipelines/" + escape(pipeline);
  }

  private String buildUrl(String pipeline, int number) {
    return pipelineUrl(pipeline) + "/builds/" + number;
  }

  private static String form(List<Map.Entry<String, String>> parameters) {
    return parameters.stream()
        .map(e -> escape(e.getKey()) + "=" + escape(e.getValue()))
        .collect(Collectors.joining("&"));
  }

  static String escape(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
