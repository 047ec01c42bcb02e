package dev.bakehouse.coordinator;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What every `/v2` call begins with: whose token it is, whether that may do this, and what of ours
/// the path names.
final class RestAccess {
  static final String ROOT = "/v2/organizations/:org";
  static final String BUILDS = ROOT + "/pipelines/:pipeline/builds";
  static final String BUILD = BUILDS + "/:number";

  /// Where a job is found: by itself, or below its build.
  static final List<String> JOB = List.of(ROOT + "/jobs/:job", BUILD + "/jobs/:job");

  /// What a session of the web page may do; a job's variables may hold secrets.
  private static final Set<ApiScope> SHOWN =
      EnumSet.of(
          ApiScope.READ_ORGANIZATIONS,
          ApiScope.READ_PIPELINES,
          ApiScope.READ_BUILDS,
          ApiScope.READ_BUILD_LOGS,
          ApiScope.READ_ARTIFACTS,
          ApiScope.READ_AGENTS);

  private final Core core;
  private final ApiTokens tokens;
  private final WebSessions sessions;

  /// A call that may be made.
  interface Handler {
    Reply handle(Request request, RestViews views) throws IOException;
  }

  /// A call about a job that is there.
  interface JobHandler {
    Reply handle(Request request, RestViews views, Job job) throws IOException;
  }

  RestAccess(Core core, WebSessions sessions) {
    this.core = core;
    this.sessions = sessions;
    this.tokens = new ApiTokens(core.config().state());
  }

  void routes(Router router) {
    router.add("GET", "/v2/access-token", request -> Reply.json(describe(holder(request))));
    router.add(
        "DELETE",
        "/v2/access-token",
        request -> {
          ApiTokens.Token token = holder(request);
          if (token.hash().isEmpty()) {
            throw new HttpError(403, "The coordinator's own token stays; its file is tokens/api");
          }
          if (sessions.token(request.token()).isPresent()) {
            throw new HttpError(403, "A session of the web page ends no token");
          }
          tokens.revoke(token);
          return Reply.none();
        });
  }

  void add(Router router, String method, String pattern, ApiScope scope, Handler handler) {
    router.add(method, pattern, request -> handler.handle(request, views(request, scope)));
  }

  void addJob(Router router, String method, String suffix, ApiScope scope, JobHandler handler) {
    for (String place : JOB) {
      add(
          router,
          method,
          place + suffix,
          scope,
          (request, views) -> handler.handle(request, views, job(request)));
    }
  }

  /// Checks token, scope and organization.
  private RestViews views(Request request, ApiScope scope) {
    if (!holder(request).scopes().contains(scope)) {
      throw new HttpError(403, "Your access token doesn't have the " + scope.wire() + " scope");
    }
    String wanted = request.var("org");
    if (!wanted.equals(core.config().organization())) {
      throw new HttpError(404, "No organization found");
    }
    return new RestViews(request.base() + "/v2/organizations/" + wanted, core.config().anyAgent());
  }

  /// Whose call this is.
  ///
  /// @throws HttpError 401 for nobody's
  ApiTokens.Token holder(Request request) {
    String shown = request.token();
    Optional<String> behind = sessions.token(shown);
    return find(behind.orElse(shown))
        .map(token -> behind.isPresent() ? onlyShown(token) : token)
        .orElseThrow(
            () ->
                new HttpError(
                    401, "Authentication required. Please supply a valid API Access Token"));
  }

  /// Whether there is such an API token.
  boolean known(String token) {
    return find(token).isPresent();
  }

  private Optional<ApiTokens.Token> find(String token) {
    if (core.tokens().isApi(token)) {
      Set<ApiScope> all = EnumSet.allOf(ApiScope.class);
      return Optional.of(new ApiTokens.Token("", "the coordinator's own", all, ""));
    }
    return tokens.find(token);
  }

  private static ApiTokens.Token onlyShown(ApiTokens.Token token) {
    Set<ApiScope> scopes = EnumSet.noneOf(ApiScope.class);
    token.scopes().stream().filter(SHOWN::contains).forEach(scopes::add);
    return new ApiTokens.Token(token.hash(), token.name(), scopes, token.created());
  }

  private static Object describe(ApiTokens.Token token) {
    return new Described(
        token.name(),
        token.scopes().stream().sorted().map(ApiScope::wire).toList(),
        token.created());
  }

  private record Described(String description, List<String> scopes, String createdAt) {}

  /// The path's build; `:number` may be its id too.
  Build build(Request request) {
    return core.database().read(tx -> find(tx, request)).orElseThrow(() -> missing("build"));
  }

  private static Optional<Build> find(Transaction tx, Request request)
      throws java.sql.SQLException {
    return Build.find(tx, request.var("pipeline"), request.var("number"));
  }

  /// The path's job; with a build in the path, of that build.
  private Job job(Request request) {
    return core.database()
        .read(
            tx -> {
              Optional<Job> job = Job.find(tx, request.var("job"));
              if (request.path().containsKey("number")) {
                Build build = find(tx, request).orElseThrow(() -> missing("build"));
                job = job.filter(j -> j.build().equals(build.id()));
              }
              return job;
            })
        .orElseThrow(() -> missing("job"));
  }

  /// That the path's pipeline exists: a misspelt one is no pipeline without builds.
  void pipeline(Request request) {
    String slug = request.var("pipeline");
    String sql = "SELECT 1 FROM pipelines WHERE slug=?";
    if (core.database().read(tx -> tx.one(sql, row -> true, slug)).isEmpty()) {
      throw missing("pipeline");
    }
  }

  static HttpError missing(String what) {
    return new HttpError(404, "No " + what + " found");
  }
}
