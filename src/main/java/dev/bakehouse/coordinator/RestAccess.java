package dev.bakehouse.coordinator;

/// What every `/v2` call begins with.
final class RestAccess {
  private final Core core;
  private final Access access;

  RestAccess(Core core, Access access) {
    this.core = core;
    this.access = access;
  }

  /// Checks token and organization.
  RestViews views(Request request) {
    access.api(request);
    String wanted = request.var("org");
    if (!wanted.equals(core.config().organization())) {
      throw HttpError.notFound("Organization " + wanted);
    }
    return new RestViews(request.base() + "/v2/organizations/" + wanted);
  }

  /// The path's build; `:number` may be its id too.
  BuildView build(Request request) {
    String pipeline = request.var("pipeline");
    String number = request.var("number");
    return core.database()
        .read(
            tx -> {
              Build build =
                  Build.find(tx, pipeline, number)
                      .orElseThrow(() -> HttpError.notFound("Build " + number + " of " + pipeline));
              return Views.build(tx, build.id());
            });
  }
}
