package dev.bakehouse.host;

import dev.bakehouse.image.LocalImage;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.TemplateInfo;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What takes up room on a host, in bytes. Finding out costs some work.
///
/// @param images those of its store; what clones of a file share counts for each of them
/// @param systems the file systems of `state` and `images`
record WebDisk(Things images, Things templates, Map<String, Room> systems) {
  /// Before anybody looked.
  static final WebDisk UNKNOWN = new WebDisk(Things.NONE, Things.NONE, Map.of());

  boolean known() {
    return !systems.isEmpty();
  }

  WebDisk {
    systems = java.util.Collections.unmodifiableMap(new TreeMap<>(systems));
  }

  /// Some files.
  record Things(int count, long bytes) {
    static final Things NONE = new Things(0, 0);
  }

  /// A file system.
  ///
  /// @param free what this user may still write
  record Room(long free, long total) {
    static Room of(Path path) throws IOException {
      FileStore store = Files.getFileStore(path);
      return new Room(store.getUsableSpace(), store.getTotalSpace());
    }
  }

  static WebDisk of(HostSettings host, Hypervisor hypervisor) throws IOException {
    Path images = new Images(host).store().root();
    List<LocalImage> all = new Images(host).store().list();
    List<TemplateInfo> templates = hypervisor.templates();
    Map<String, Room> systems = new TreeMap<>();
    systems.put("state", Room.of(host.state()));
    if (Files.isDirectory(images)) {
      systems.put("images", Room.of(images));
    }
    return new WebDisk(
        new Things(all.size(), all.stream().mapToLong(LocalImage::bytes).sum()),
        new Things(templates.size(), templates.stream().mapToLong(TemplateSpace::size).sum()),
        systems);
  }
}
