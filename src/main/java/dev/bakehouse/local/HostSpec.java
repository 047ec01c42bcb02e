package dev.bakehouse.local;

import dev.bakehouse.config.VmSettings;
import dev.bakehouse.platform.Directories;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import tools.jackson.databind.json.JsonMapper;

/// A host on this machine, as the configuration file its daemon reads.
///
/// @param images directory of its local image store, shared or its own
/// @param measureTar whether jobs measure what caches would cost as archives of tar and gzip
/// @param cancelGrace seconds a cancelled job has to end by itself
/// @param imageSource where the image is pulled from, or empty when it is local
public record HostSpec(
    String name,
    Path state,
    int slots,
    Path images,
    String image,
    String imageSource,
    Path agent,
    String endpoint,
    Path agentToken,
    String apiUrl,
    Path apiToken,
    Path cache,
    boolean measureTar,
    Map<String, String> tags,
    int cancelGrace,
    VmSettings vm) {

  /// Writes `state/bakehouse.yml`. JSON is YAML: every text stays quoted.
  Path write() {
    Directories.makePrivate(state);
    Map<String, Map<String, ?>> root = new LinkedHashMap<>();
    Map<String, Object> host =
        new LinkedHashMap<>(
            Map.of(
                "name",
                name,
                "state",
                state.toString(),
                "slots",
                slots,
                "image",
                image,
                "images",
                images.toString()));
    if (!imageSource.isEmpty()) {
      host.put("image-source", imageSource);
    }
    root.put("host", host);
    root.put("cache", Map.of("store", "dir:" + cache, "measure-tar", measureTar));
    root.put("api", Map.of("url", apiUrl, "token-file", apiToken.toString()));
    root.put(
        "agent",
        Map.of(
            "binary",
            agent.toString(),
            "endpoint",
            endpoint,
            "token-file",
            agentToken.toString(),
            "tags",
            tags,
            "cancel-grace-seconds",
            cancelGrace));
    root.put(
        "vm",
        Map.of(
            "hypervisor",
            vm.hypervisor(),
            "cpus",
            vm.size().cpus(),
            "memory-mb",
            vm.size().memoryMb(),
            "disk-gb",
            vm.size().diskGb(),
            "network",
            vm.network(),
            "start",
            vm.start()));
    StringJoiner lines = new StringJoiner("\n", "", "\n");
    JsonMapper json = JsonMapper.builder().build();
    root.forEach((key, value) -> lines.add(key + ": " + json.writeValueAsString(value)));
    Path file = state.resolve("bakehouse.yml");
    Directories.writePrivate(file, lines.toString().getBytes(StandardCharsets.UTF_8));
    return file;
  }
}
