package dev.bakehouse.coordinator;

import dev.bakehouse.pipeline.Pipeline;
import dev.bakehouse.pipeline.Step;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Reason;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A running coordinator. Its state survives [#close] and any kill; one process at a time uses it.
public final class Coordinator implements AutoCloseable {
  private final FileChannel lockFile;
  private final Core core;
  private final Lifecycle lifecycle;
  private final Builds builds;
  private final Logs logs;
  private final Sweeper sweeper;
  private final Retention retention;
  private final Waiting waiting;
  private final WebSessions sessions = new WebSessions();
  private final Server server;

  private Coordinator(Config config, FileChannel lockFile) {
    this.lockFile = lockFile;
    Changes changes = new Changes();
    Path state = config.state();
    Database database = Database.open(state.resolve("coordinator.db"), changes);
    core = Core.of(config, database, changes, new Tokens(state.resolve("tokens")));
    Scheduler scheduler = new Scheduler(core);
    lifecycle = new Lifecycle(core, scheduler);
    builds = new Builds(scheduler);
    logs = new Logs(core);
    Access access = new Access(core);
    Router router = new Router();
    Dispatcher dispatcher = new Dispatcher(core, lifecycle);
    waiting = new Waiting(core, dispatcher);
    new PingStreams(core, access, dispatcher, waiting).routes(router);
    new AgentApi(core, access, dispatcher, lifecycle, waiting).routes(router);
    new JobApi(core, access, lifecycle, logs).routes(router);
    new Promises(core, access, scheduler).routes(router);
    new Secrets(core, access).routes(router);
    new CacheRegistry(core, access).routes(router);
    new MetaData(core, access).routes(router);
    new Annotations(core, access).routes(router);
    new PipelineUploads(core, access, builds, scheduler).routes(router);
    new StepApi(core, access, lifecycle, scheduler).routes(router);
    ArtifactFiles files = new ArtifactFiles(state);
    ArtifactSearch search = new ArtifactSearch(core, access, files);
    new ArtifactUploads(core, access, files).routes(router);
    search.routes(router);
    new Metrics(core, access).routes(router);
    RestAccess rest = new RestAccess(core, sessions);
    rest.routes(router);
    new WebLogin(core, rest, sessions).routes(router);
    new WebFiles().routes(router);
    BuildControl control = new BuildControl(builds, lifecycle, scheduler);
    new RestPipelines(core, rest).routes(router);
    new RestBuilds(core, rest, builds, control).routes(router);
    new RestJobs(core, rest, logs, builds, control).routes(router);
    new RestSteps(core, rest).routes(router);
    new RestArtifacts(core, rest, search).routes(router);
    new RestAgents(core, rest, lifecycle, waiting).routes(router);
    server = new Server(config, router);
    sweeper = new Sweeper(core, lifecycle, waiting);
    retention = new Retention(core, files);
  }

  /// Starts serving, and leaves the address in the state directory's file `address`.
  ///
  /// @throws UserError when the port or the state directory can not be used
  public static Coordinator start(Config config) {
    Path state = config.state();
    try {
      Files.createDirectories(state);
      Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx------"));
      FileChannel file =
          FileChannel.open(
              state.resolve("coordinator.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      if (!locked(file)) {
        file.close();
        throw new UserError(
            "Another coordinator uses the state directory " + state,
            "Stop it, or name another directory with --state.");
      }
      unpackInto(state.resolve(".sqlite"));
      Coordinator coordinator = new Coordinator(config, file);
      Path part = state.resolve("address.part");
      Files.writeString(part, coordinator.address() + "\n");
      Files.move(part, state.resolve("address"), StandardCopyOption.ATOMIC_MOVE);
      return coordinator;
    } catch (IOException e) {
      throw new UserError(
          "Could not use the state directory " + state + ": " + Reason.of(e),
          "Check its owner and free space, or name another one with --state.",
          e);
    }
  }

  /// SQLite's library is unpacked into a directory that only the one with the lock uses: what a
  /// killed coordinator left goes.
  private static void unpackInto(Path directory) throws IOException {
    Directories.makePrivate(directory);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, "sqlite-*")) {
      for (Path file : left) {
        Files.deleteIfExists(file);
      }
    }
    System.setProperty("org.sqlite.tmpdir", directory.toString());
  }

  private static boolean locked(FileChannel file) throws IOException {
    try {
      @Nullable FileLock lock = file.tryLock();
      return lock != null;
    } catch (java.nio.channels.OverlappingFileLockException e) {
      return false;
    }
  }

  /// For example `http://127.0.0.1:8080`.
  public URI address() {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  /// What an agent's `--endpoint` takes.
  public String agentEndpoint() {
    return address() + "/v3";
  }

  /// The directory that holds everything.
  public Path state() {
    return core.config().state();
  }

  /// An address that opens the web page, once, for whoever has it.
  public URI webLink() {
    return URI.create(address() + "/#login=" + sessions.code(core.tokens().api()));
  }

  /// File with the token agents register with, mode 600.
  public Path registrationToken() {
    return core.config().state().resolve("tokens/registration");
  }

  /// File with the token of `/v2`, mode 600.
  public Path apiToken() {
    return core.config().state().resolve("tokens/api");
  }

  /// Makes a pipeline, unless there is one with that slug. Without this, the first build does, and
  /// its branch is taken for the main one.
  public void definePipeline(String slug, String repository, String mainBranch) {
    definePipeline(slug, repository, mainBranch, "");
  }

  /// Like this, with steps of its own, in YAML or JSON: trigger steps can start builds of it.
  public void definePipeline(
      String slug, String repository, String mainBranch, String configuration) {
    core.database()
        .run(tx -> Builds.definePipeline(tx, slug, repository, mainBranch, configuration));
  }

  /// Answers a block or input step; see [JobView#unblockable].
  ///
  /// @param fields by key; several choices one a line; absent ones have their presets
  /// @param who answers, for people to see
  /// @throws UserError when it can not be answered, or a field has no good value
  public void unblock(String job, Map<String, String> fields, String who) {
    try {
      core.database().run(tx -> builds.unblock(tx, Job.get(tx, job).build(), job, fields, who));
    } catch (HttpError e) {
      throw new UserError(
          "Could not unblock the job " + job + ": " + e.getMessage(), "Look at the build.", e);
    }
  }

  /// Whether a person may answer a job now.
  public boolean unblockable(String job) {
    return core.database().read(tx -> Job.get(tx, job)).unblockable();
  }

  /// The step that a job was made of.
  public Step step(String job) {
    return core.database().read(tx -> StepRow.get(tx, Job.get(tx, job).step()).step());
  }

  /// @return the build's id
  public String create(BuildRequest request, Pipeline pipeline) {
    return core.database().call(tx -> builds.create(tx, request, pipeline, "api"));
  }

  public BuildView build(String id) {
    return core.database().read(tx -> Views.build(tx, id));
  }

  /// All builds of a pipeline, newest first.
  public List<BuildView> builds(String pipeline) {
    return core.database()
        .read(
            tx -> {
              List<BuildView> all = new ArrayList<>();
              for (String id :
                  tx.list(
                      "SELECT id FROM builds WHERE pipeline=? ORDER BY seq DESC",
                      row -> row.getString(1),
                      pipeline)) {
                all.add(Views.build(tx, id));
              }
              return all;
            });
  }

  /// Cancels all builds that have not ended, before agents come that would go on with them.
  ///
  /// @return those builds, the oldest first
  public List<BuildView> cancelUnfinished() {
    return core.database()
        .call(
            tx -> {
              List<BuildView> all = new ArrayList<>();
              for (String id :
                  tx.list(
                      "SELECT id FROM builds WHERE finished IS NULL ORDER BY seq",
                      row -> row.getString(1))) {
                lifecycle.cancelBuild(tx, id);
                all.add(Views.build(tx, id));
              }
              return all;
            });
  }

  public void cancel(String build) {
    core.database().run(tx -> lifecycle.cancelBuild(tx, build));
  }

  /// Tells what the build did and does, in this thread, until it has ended.
  public BuildView follow(String build, Consumer<BuildEvent> listener) throws InterruptedException {
    return new Watch(core, logs, build, listener).follow();
  }

  /// The log of a job as it is now, with the agent's time marks; see [LogText].
  public byte[] log(String job) {
    return logs.all(job);
  }

  @Override
  public void close() {
    server.close();
    waiting.close();
    sweeper.close();
    retention.close();
    core.database().close();
    try {
      Files.deleteIfExists(core.config().state().resolve("address"));
      lockFile.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
