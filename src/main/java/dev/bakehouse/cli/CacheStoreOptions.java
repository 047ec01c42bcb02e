package dev.bakehouse.cli;

import dev.bakehouse.cache.CacheConfig;
import dev.bakehouse.cache.CacheStore;
import dev.bakehouse.cache.SnapshotStore;
import dev.bakehouse.config.Section;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.JobSources;
import dev.bakehouse.job.JobStores;
import dev.bakehouse.platform.Self;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.store.BlobStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// Which store, and how to answer.
final class CacheStoreOptions {
  /// In a host's job, that of the host.
  static final Path FILE =
      Path.of(
          Optional.ofNullable(System.getenv("BAKEHOUSE_CONFIG"))
              .filter(name -> !name.isEmpty())
              .orElse("bakehouse.yml"));

  private static final String DEFAULT = "dir:.bakehouse/cache";

  @Option(
      names = "--store",
      paramLabel = "URL",
      description =
          "dir:PATH, s3://BUCKET/PREFIX or buildkite:; by default cache.store of bakehouse.yml (in a job, of BAKEHOUSE_CONFIG), else "
              + DEFAULT)
  private String url = "";

  @Option(names = "--json", description = "Answer in JSON.")
  private boolean json;

  private @Nullable Section read;

  CacheConfig config() {
    return configuration()
        .map(root -> CacheConfig.read(root.section("cache")))
        .orElseGet(CacheConfig::defaults);
  }

  /// A file that is named must be there; one that holds something else than it seems to would have
  /// caches saved to where nobody looks for them.
  private Optional<Section> configuration() {
    boolean named = !System.getenv().getOrDefault("BAKEHOUSE_CONFIG", "").isEmpty();
    if (read == null && (named || Files.exists(FILE))) {
      Section root = Yaml.read(FILE);
      HostSettings.insistKnown(root);
      read = root;
    }
    return Optional.ofNullable(read);
  }

  /// Who can be asked for builds.
  JobSources.Api api() {
    return configuration()
        .map(root -> JobSources.Api.read(FILE, root.section("api")))
        .orElseGet(() -> new JobSources.Api(FILE, Optional.empty(), Optional.empty()));
  }

  BlobStore blobs() {
    return stores(config()).open(url());
  }

  /// What a job restores from and saves to.
  ///
  /// @param plain whether a save leaves plain archives too, beside what the configuration says
  CacheStore caches(boolean plain) {
    JobStores stores = stores(plain ? config().withPlain() : config());
    return stores.caches(stores.open(url()));
  }

  private JobStores stores(CacheConfig config) {
    String usual = Self.root().resolve(".bakehouse").toString();
    Path state =
        Path.of(
            configuration().map(root -> root.section("host").text("state", usual)).orElse(usual));
    return new JobStores(Path.of(""), state.toAbsolutePath(), config, api(), System.getenv());
  }

  private String url() {
    String named = url.isEmpty() ? config().store() : url;
    return named.isEmpty() ? DEFAULT : named;
  }

  SnapshotStore store() {
    return new SnapshotStore(blobs());
  }

  /// @throws UserError when JSON is wanted as well
  void refuseJson(String option) {
    if (json) {
      throw new UserError("--json and " + option + " are two answers", "Leave one of them out.");
    }
  }

  /// Prints one or the other.
  void answer(Object wire, String text) {
    System.out.println(json ? JsonMapper.shared().writeValueAsString(wire) : text);
  }
}
