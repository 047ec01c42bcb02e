package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.image.ImageLease;
import dev.bakehouse.image.ImageStore;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Jobs;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.BaseImage;
import dev.bakehouse.vm.Hypervisor;
import dev.bakehouse.vm.Shape;
import dev.bakehouse.vm.TemplateInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class CleanUpTest {
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir Path dir;
  private HostSettings host;
  private Hypervisor hypervisor;
  private ImageStore store;
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void make() throws IOException {
    Path config = dir.resolve("bakehouse.yml");
    Files.writeString(
        config,
        "host: {image: current, state: '" + dir.resolve("state") + "'}\nvm: {hypervisor: qemu}\n");
    host = HostSettings.read(config);
    hypervisor = Jobs.hypervisor(host);
    store = new ImageStore(host.images());
    for (String name :
        List.of("current", "old", "young", "pinned", "leased", "by-hand", "built", "asked-for")) {
      image(name, name.equals("young") ? 1 : 30);
    }
    store.pin("pinned", true);
    for (String name : List.of("current", "old", "young", "pinned", "leased", "built")) {
      pulled(name, "host", "run");
    }
    pulled("by-hand", "host", "run");
    pulled("by-hand", "image", "pull");
    pulled("asked-for", "host", "run");
    store.history().add("found", "old", "", "", 0);
    Self.startedAs(new String[] {"image", "pull"});
    store.history().add("found", "asked-for", "", "", 0);
    store.history().add("built", "built", "", "", 0);
  }

  @AfterEach
  void end() {
    Self.startedAs(new String[0]);
  }

  private LocalImage image(String name, int daysOld) throws IOException {
    Path from = Files.createDirectories(dir.resolve("from-" + name));
    Files.writeString(from.resolve("disk.img"), "disk of " + name);
    Files.writeString(from.resolve("config.json"), "{\"os\":\"linux\",\"arch\":\"amd64\"}");
    LocalImage image = store.adopt(name, from, Map.of(), "test");
    Instant used = Instant.now().minus(Duration.ofDays(daysOld));
    store.touch(name);
    Files.setLastModifiedTime(image.directory().resolve("used"), FileTime.from(used));
    return image;
  }

  private void pulled(String name, String... command) {
    Self.startedAs(command);
    store.history().add("pulled", name, "", "", 0);
  }

  private List<String> pass() {
    return new CleanUp(host, hypervisor, WEEK, said::add).pass();
  }

  private List<String> names() {
    return store.list().stream().map(LocalImage::name).toList();
  }

  @Test
  void onlyWhatTheDaemonPulledAndNobodyNeedsGoes() {
    try (ImageLease _ = store.lease("leased", "a job").orElseThrow()) {
      assertThat(pass()).containsExactly("old");
    }
    assertThat(names())
        .containsExactlyInAnyOrder(
            "current", "young", "pinned", "leased", "by-hand", "built", "asked-for");
    assertThat(said).containsExactly("deleted the outdated image old");
    assertThat(pass()).isEmpty();
  }

  @Test
  void anOutdatedTemplateGoesFirstAndThoseInUseOrMadeByHandStay() throws IOException {
    template(store.get("current"), "");
    template(store.get("old"), "");
    template(store.get("pinned"), "");
    template(store.get("young"), "by-hand");
    LocalImage before = store.get("current");
    Files.writeString(dir.resolve("from-current/disk.img"), "another disk");
    store.adopt("current", dir.resolve("from-current"), Map.of(), "test");
    template(store.get("current"), "");
    assertThat(store.get("current").content()).isNotEqualTo(before.content());
    assertThat(pass()).contains("old");
    assertThat(hypervisor.templates().stream().map(TemplateInfo::image))
        .extracting(BaseImage::name)
        .containsExactlyInAnyOrder("current", "pinned", "young");
    assertThat(hypervisor.templates().stream().map(TemplateInfo::image))
        .extracting(BaseImage::digest)
        .contains(store.get("current").content())
        .doesNotContain(before.content());
  }

  private void template(LocalImage image, String key) throws IOException {
    String made = image.content().replace("sha256:", "").substring(0, 16) + "-4c8192m50g";
    Path directory =
        Files.createDirectories(
            host.state().resolve("templates").resolve(key.isEmpty() ? made : key));
    Map<String, Object> json =
        Map.of(
            "key",
            directory.getFileName().toString(),
            "version",
            "7.2",
            "accel",
            "kvm",
            "signature",
            "x",
            "image",
            new BaseImage(image.name(), image.directory(), image.content()),
            "shape",
            new Shape(4, 8192, 50),
            "created",
            Instant.now().toString());
    Files.write(
        directory.resolve("template.json"), JsonMapper.builder().build().writeValueAsBytes(json));
  }

  @Test
  void oldEvidenceGoesAlsoWhereImagesStay() throws IOException {
    Files.writeString(
        dir.resolve("bakehouse.yml"),
        "host: {clean-up-days: 0, state: '" + dir.resolve("state") + "'}\n");
    Path old = Files.createDirectories(dir.resolve("state/evidence/old"));
    Files.writeString(old.resolve("console.log"), "long ago");
    Path young = Files.createDirectories(dir.resolve("state/evidence/young"));
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(8))));
    CountDownLatch stop = new CountDownLatch(1);
    try {
      HostSettings keeps = HostSettings.read(dir.resolve("bakehouse.yml"));
      CleanUp.start(keeps, hypervisor, said::add, stop);
      Poll.until(
          "the end of old evidence",
          Duration.ofMinutes(1),
          () -> Optional.of(old).filter(Files::notExists));
    } finally {
      stop.countDown();
    }
    assertThat(young).isDirectory();
    assertThat(names()).contains("old");
  }
}
