package dev.bakehouse.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.bakehouse.Mutations;
import dev.bakehouse.oci.TartManifest.DiskSlice;
import dev.bakehouse.pipeline.Adapt;
import dev.bakehouse.pipeline.Explain;
import dev.bakehouse.pipeline.FleetConfig;
import dev.bakehouse.pipeline.Lint;
import dev.bakehouse.pipeline.WrittenPipeline;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.tests.FlakyTest;
import dev.bakehouse.tests.FlakyText;
import dev.bakehouse.tests.TestNotes;
import dev.bakehouse.tests.TestRun;
import dev.bakehouse.tests.TestTimes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever comes in ends in a right result or a clear error.
///
/// Each target runs here with its seeds and what Jazzer found before (`…Inputs`), and with
/// thousands of mutations of the seeds. To look for more, see CONTRIBUTING.md.
class ParserFuzzTest {
  private static final int MUTATIONS = 4_000;
  private static final int MOST = 1 << 22;

  private interface Target {
    void run(byte[] bytes) throws Exception;
  }

  @MethodSource("challengeSeeds")
  @FuzzTest(maxDuration = "2m")
  void challenges(byte[] bytes) {
    List<Challenge> all = Challenge.parse(List.of(new String(bytes, StandardCharsets.ISO_8859_1)));
    assertThat(all).hasSizeLessThanOrEqualTo(32);
    // Written well, they are read back the same.
    List<String> written = all.stream().map(ParserFuzzTest::written).toList();
    List<Challenge> sound = all.stream().filter(c -> !c.parameters().isEmpty()).toList();
    assertThat(Challenge.parse(List.of(String.join(", ", written))))
        .filteredOn(c -> !c.parameters().isEmpty())
        .isEqualTo(sound);
  }

  @MethodSource("manifestSeeds")
  @FuzzTest(maxDuration = "2m")
  void manifests(byte[] bytes) {
    try {
      Manifest manifest = Manifest.parse(bytes, "it");
      assertThat(manifest.digest()).isEqualTo(Digest.of(bytes));
      assertThat(manifest.layers()).allMatch(layer -> layer.size() >= 0);
      TartManifest tart = TartManifest.of(manifest, "it");
      long at = 0;
      for (DiskSlice slice : tart.disk()) {
        assertThat(slice.offset()).isEqualTo(at);
        assertThat(slice.size()).isNotNegative();
        at += slice.size();
      }
      assertThat(tart.diskSize()).isEqualTo(at).isNotNegative();
      assertThat(tart.size()).isNotNegative();
    } catch (UserError e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @MethodSource("indexSeeds")
  @FuzzTest(maxDuration = "2m")
  void layoutIndexes(byte[] bytes) {
    try {
      LayoutIndex index = LayoutIndex.parse(bytes, "it");
      List<String> tags = index.tags();
      Descriptor entry = new Descriptor("x/y", Digest.of(bytes), 1, Map.of());
      LayoutIndex next = LayoutIndex.parse(index.with("new", entry).bytes(), "the next");
      assertThat(next.find("new").map(Descriptor::digest)).contains(entry.digest());
      assertThat(next.tags()).containsAll(tags);
      tags.forEach(index::find);
    } catch (UserError e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @MethodSource("frameSeeds")
  @FuzzTest(maxDuration = "2m")
  void frames(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] wanted = null;
    try {
      wanted = PlainLz4.decode(bytes, MOST);
    } catch (PlainLz4.Refused e) {
      // Then ours refuses it too.
    }
    try {
      new AppleLz4Reader(new ByteArrayInputStream(bytes))
          .decode(
              (from, offset, length) -> {
                out.write(from, offset, length);
                if (out.size() > MOST) {
                  throw new AppleLz4Reader.BadFrame("more than wanted");
                }
              });
      assertThat(out.toByteArray()).isEqualTo(wanted);
    } catch (AppleLz4Reader.BadFrame e) {
      assertThat(wanted == null || out.size() > MOST).as(e.getMessage()).isTrue();
    }
  }

  @MethodSource("referenceSeeds")
  @FuzzTest(maxDuration = "1m")
  void references(byte[] bytes) {
    try {
      Reference read = Reference.parse(new String(bytes, StandardCharsets.UTF_8));
      // A directory with a colon in its name can not be told from a tag.
      if (!(read instanceof Reference.Layout at && at.directory().toString().contains(":"))) {
        assertThat(Reference.parse(read.toString())).isEqualTo(read);
      }
    } catch (UserError e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @MethodSource("pipelineSeeds")
  @FuzzTest(maxDuration = "2m")
  void pipelines(byte[] bytes) {
    try {
      WrittenPipeline pipeline =
          WrittenPipeline.parse("it", new String(bytes, StandardCharsets.UTF_8));
      // What comes out is read as it was meant.
      String json = pipeline.json();
      assertThat(WrittenPipeline.parse("again", json).json()).isEqualTo(json);
      assertThat(Lint.check(pipeline, FleetConfig.DEFAULT, Set.of()))
          .allMatch(finding -> finding.line() > 0);
      Adapt.apply(pipeline, FleetConfig.DEFAULT);
      WrittenPipeline adapted = WrittenPipeline.parse("adapted", pipeline.json());
      Adapt.apply(adapted, FleetConfig.DEFAULT);
      assertThat(adapted.json()).isEqualTo(pipeline.json());
      assertThat(Explain.of(adapted, FleetConfig.DEFAULT, Map.of()).steps()).isNotNull();
    } catch (UserError e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @MethodSource("testSeeds")
  @FuzzTest(maxDuration = "1m")
  void testResults(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    TestNotes notes = TestNotes.parse(text);
    TestTimes times = new TestTimes(notes.times());
    assertThat(TestTimes.unpack(times.packed())).isPresent();
    TestTimes.unpack(text).ifPresent(read -> assertThat(read.millis()).isNotNull());
    try {
      TestRun run = TestRun.read(bytes);
      assertThat(TestRun.read(run.json())).isEqualTo(run);
      assertThat(FlakyText.plain(FlakyTest.of(List.of(new FlakyTest.Seen(1, "", run)))))
          .doesNotContain("\t");
    } catch (UserError e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @Test
  void mutationsOfSeedsEndInAResultOrAClearError() throws Exception {
    mutate(challengeSeeds(), this::challenges);
    mutate(manifestSeeds(), this::manifests);
    mutate(indexSeeds(), this::layoutIndexes);
    mutate(frameSeeds(), this::frames);
    mutate(referenceSeeds(), this::references);
    mutate(pipelineSeeds(), this::pipelines);
    mutate(testSeeds(), this::testResults);
  }

  private static void mutate(Stream<byte[]> seeds, Target target) throws Exception {
    List<byte[]> all = seeds.toList();
    Random random = new Random(4);
    for (int i = 0; i < MUTATIONS; i++) {
      target.run(Mutations.of(all.get(random.nextInt(all.size())), random));
    }
  }

  private static String written(Challenge challenge) {
    StringBuilder text = new StringBuilder(challenge.scheme());
    String glue = " ";
    for (Map.Entry<String, String> parameter : challenge.parameters().entrySet()) {
      String value = parameter.getValue().replace("\\", "\\\\").replace("\"", "\\\"");
      text.append(glue).append(parameter.getKey()).append("=\"").append(value).append('"');
      glue = ", ";
    }
    return text.toString();
  }

  static Stream<byte[]> challengeSeeds() {
    return texts(
        "Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\",scope=\"repository:a/b:pull\"",
        "Basic realm=\"say \\\"hi\\\", \\\\\", Negotiate dG9rZW4=, Digest nonce=x , qop=\"auth,auth-int\"",
        "NTLM, bearer error=insufficient_scope,realm=\"x");
  }

  static Stream<byte[]> manifestSeeds() {
    Digest some = Digest.of(new byte[0]);
    List<Descriptor> layers =
        List.of(
            new Descriptor(TartManifest.CONFIG_TYPE, some, 10, Map.of()),
            slice(some, 512 << 20),
            slice(some, 1000),
            new Descriptor(TartManifest.NVRAM_TYPE, some, 20, Map.of()));
    Descriptor config = new Descriptor(TartManifest.IMAGE_CONFIG_TYPE, some, 5, Map.of());
    Map<String, String> size = Map.of(TartManifest.DISK_SIZE, "" + ((512 << 20) + 1000));
    String huge = new String(Manifest.of(config, layers, Map.of()).raw(), StandardCharsets.UTF_8);
    return Stream.concat(
        Stream.of(
            Manifest.of(config, layers, size).raw(),
            Manifest.of(config, layers, Map.of()).raw(),
            Manifest.of(config, List.of(), Map.of()).raw()),
        texts(
            huge.replace("\"1000\"", "\"9223372036854775807\""),
            huge.replace(":10,", ":-9,").replace("\"size\":10}", "\"size\":-9}"),
            huge.replace(":10,", ":1e400,").replace("\"size\":10}", "\"size\":1e400}"),
            "{\"config\":{},\"layers\":[]}",
            "[".repeat(2000)));
  }

  private static Descriptor slice(Digest digest, long size) {
    return new Descriptor(
        TartManifest.DISK_TYPE,
        digest,
        100,
        Map.of(TartManifest.SLICE_SIZE, "" + size, TartManifest.SLICE_DIGEST, digest.toString()));
  }

  static Stream<byte[]> indexSeeds() {
    Descriptor entry = new Descriptor("x/y", Digest.of(new byte[1]), 7, Map.of());
    return Stream.of(
        LayoutIndex.empty().bytes(), LayoutIndex.empty().with("a", entry).with("b", entry).bytes());
  }

  static Stream<byte[]> frameSeeds() {
    try {
      return Stream.of(
          AppleLz4Test.frame(AppleLz4Test.mixed(3000, 1)),
          AppleLz4Test.frame(AppleLz4Test.mixed(70_000, 2)),
          new LinkedFrame().encode(AppleLz4Test.mixed(150_000, 3)),
          new LinkedFrame().encode("a".repeat(900).getBytes(StandardCharsets.UTF_8)),
          AppleLz4Test.frame(new byte[0]));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static Stream<byte[]> referenceSeeds() {
    return texts(
        "ghcr.io/o/r:v1",
        "[::1]:5000/a@sha256:" + "a".repeat(64),
        "oci:/some/dir:tag",
        "oci:dir@sha256:" + "b".repeat(64));
  }

  static Stream<byte[]> pipelineSeeds() {
    return texts(
        "env: &e {A: ON, B: 24.10, C: ~}\nagents: [queue=x]\nsteps:\n- {command: a, env: {<<: *e}}\n",
        "steps:\n  - wait\n  - group: G\n    key: g\n    steps: [{label: l, command: |-2\n      a}]\n",
        "{\"steps\":[{\"block\":\"b\",\"fields\":[{\"text\":\"\\u00e9\"}]},{\"trigger\":\"t\",\"build\":{}}]}",
        "a: &a [1, 1e3, 0x1F, .5, '', \"\\t\"]\nb: &b [*a, *a]\nsteps: [*b, {input: i, k: !!str 1}]\n",
        "agents: {os: darwin}\nsteps:\n- {command: a, key: a, agents: [os=macos, arch=arm64]}\n- wait\n- {command: b, depends_on: a, matrix: {setup: {x: [1]}}}\n");
  }

  static Stream<byte[]> testSeeds() {
    return texts(
        "time\t12\ta.B\nfailed\t2\ta.B\tone two\nflaky\t1\ta.B\tthree\nwarning\tx\n",
        new TestTimes(Map.of("a.B", 12, "é", 0)).packed(),
        "{\"step\":\"s\",\"shard\":1,\"shards\":3,\"passed\":true,\"times\":{\"a.B\":12},"
            + "\"failed\":[],\"flaky\":[{\"test\":\"a.B\",\"name\":\"o\",\"times\":1}],"
            + "\"quarantined\":[null]}");
  }

  private static Stream<byte[]> texts(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8));
  }
}
