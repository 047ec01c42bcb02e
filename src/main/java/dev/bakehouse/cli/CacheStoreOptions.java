package dev.bakehouse.cli;

import dev.bakehouse.cache.CacheConfig;
import dev.bakehouse.cache.TarStore;
import dev.bakehouse.config.Yaml;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.StoreUrl;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// Which store, and how to answer.
final class CacheStoreOptions {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String DEFAULT = "dir:.bakehouse/cache";

  @Option(
      names = "--store",
      paramLabel = "URL",
      description = "dir:PATH; by default cache.store of bakehouse.yml, else " + DEFAULT)
  private String url = "";

  @Option(names = "--json", description = "Answer in JSON.")
  private boolean json;

  CacheConfig config() {
    Path file = Path.of("bakehouse.yml");
    return Files.exists(file)
        ? CacheConfig.read(Yaml.read(file).section("cache"))
        : CacheConfig.defaults();
  }

  BlobStore blobs() {
    String named = url.isEmpty() ? config().store() : url;
    return StoreUrl.open(named.isEmpty() ? DEFAULT : named, Path.of(""));
  }

  TarStore store() {
    return new TarStore(blobs());
  }

  /// Prints one or the other.
  void answer(Object wire, String text) {
    System.out.println(json ? JSON.writeValueAsString(wire) : text);
  }
}
