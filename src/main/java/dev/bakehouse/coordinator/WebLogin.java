package dev.bakehouse.coordinator;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `/v2/web`: how a browser gets to see `/v2`. Whoever has an API token gets a code for a link,
/// whose page changes it for a session that only reads. Both are shown as tokens are: a cookie
/// would go to every server on this machine.
final class WebLogin {
  private final Core core;
  private final RestAccess access;
  private final WebSessions sessions;

  /// @param code of a link
  /// @param token of the API, as somebody typed it
  private record Login(@Nullable String code, @Nullable String token) {}

  WebLogin(Core core, RestAccess access, WebSessions sessions) {
    this.core = core;
    this.access = access;
    this.sessions = sessions;
  }

  void routes(Router router) {
    router.add("POST", "/v2/web/code", this::code);
    router.add("POST", "/v2/web/session", this::begin);
    router.add("DELETE", "/v2/web/session", this::end);
  }

  private Reply code(Request request) {
    ApiTokens.Token holder = access.holder(request);
    if (sessions.token(request.token()).isPresent()) {
      throw new HttpError(403, "A session of the web page makes no codes; show an API token");
    }
    String code = sessions.code(request.token());
    return Reply.json(
        Map.of("code", code, "holder", holder.name(), "seconds", WebSessions.CODE.toSeconds()));
  }

  private Reply begin(Request request) {
    Login login = request.json(Login.class);
    Optional<String> session = Optional.empty();
    if (login.code != null) {
      session = sessions.open(login.code);
    } else if (login.token != null && access.known(login.token)) {
      session = Optional.of(sessions.begin(login.token));
    }
    String token =
        session.orElseThrow(
            () ->
                new HttpError(
                    401,
                    login.code == null
                        ? "No such API token"
                        : "The link was used already, or is older than ten minutes"));
    return Reply.json(
        Map.of(
            "token",
            token,
            "organization",
            core.config().organization(),
            "seconds",
            WebSessions.SESSION.toSeconds()));
  }

  private Reply end(Request request) {
    sessions.end(request.token());
    return Reply.none();
  }
}
