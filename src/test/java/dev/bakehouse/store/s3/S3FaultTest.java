package dev.bakehouse.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.oci.Fault;
import dev.bakehouse.oci.FaultyRegistry;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.OtherBytes;
import dev.bakehouse.store.StoreContract;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/// A real server behind a connection that fails as scripted.
class S3FaultTest {
  private static final String BUSY =
      "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>";
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  @TempDir static Path dir;
  private static LocalS3 server;
  private static FaultyRegistry link;
  private BlobStore store;

  @BeforeAll
  static void start() throws Exception {
    server = new LocalS3(dir.resolve("s3"));
    server.makeBucket("caches");
    link = FaultyRegistry.before("127.0.0.1:" + server.port());
  }

  @AfterAll
  static void stop() throws IOException {
    link.close();
    server.close();
  }

  @BeforeEach
  void open() throws Exception {
    link.reset();
    store = at("caches/t" + PREFIXES.incrementAndGet(), LocalS3.ID, LocalS3.SECRET);
  }

  private static Bucket bucket() throws Exception {
    return Bucket.of(
        Location.parse("s3://caches/t" + PREFIXES.get() + "?endpoint=http://" + link.host()),
        Optional.of(LocalS3.credentials(dir, LocalS3.ID, LocalS3.SECRET)),
        Duration.ofMillis(1));
  }

  private static BlobStore at(String place, String id, String secret) throws Exception {
    return S3Store.of(
        "s3://" + place + "?endpoint=http://" + link.host(),
        Optional.of(LocalS3.credentials(dir, id, secret)),
        Duration.ofMillis(1));
  }

  static Stream<Fault> passing() {
    return Stream.of(
        Fault.status(500),
        new Fault.Status(503, Map.of(), BUSY),
        new Fault.Reset(-1),
        new Fault.Reset(1000),
        new Fault.Truncate(1000),
        new Fault.ResetRequest(1000),
        new Fault.Late(20));
  }

  @ParameterizedTest
  @MethodSource("passing")
  void everyTenthCallFailsAndNothingIsLost(Fault fault) throws IOException {
    link.every(10, fault);
    byte[] large = StoreContract.random(1, 1_500_000);
    for (int i = 0; i < 12; i++) {
      String key = "k/" + i;
      StoreContract.publish(store, key, StoreContract.random(i, 3000));
      assertThat(StoreContract.all(store, key)).isEqualTo(StoreContract.random(i, 3000));
    }
    StoreContract.publish(store, "large", large);

    assertThat(StoreContract.all(store, "large")).isEqualTo(large);
    assertThat(store.list("k")).hasSize(12);
    for (int i = 0; i < 12; i++) {
      assertThat(store.delete("k/" + i)).isTrue();
    }
    assertThat(store.list("")).extracting(BlobInfo::key).containsExactly("large");
  }

  @Test
  void aWriteWhoseAnswerWasLostCounts() throws IOException {
    link.on("PUT", "/new", new Fault.Reset(-1));
    StoreContract.publish(store, "new", "x");
    assertThat(StoreContract.read(store, "new")).isEqualTo("x");
    assertThat(link.count("PUT", "/new")).isEqualTo(2);
  }

  @Test
  void aServerThatKnowsNoChecksumsIsAskedWithoutThemFromThenOn() throws IOException {
    link.on("PUT", "/k", Fault.status(501));

    StoreContract.publish(store, "k1", "x");
    StoreContract.publish(store, "k2", "y");

    assertThat(StoreContract.read(store, "k1")).isEqualTo("x");
    assertThat(link.count("PUT", "/k")).isEqualTo(3);
  }

  /// A copy onto itself that leaves the time as it was, and no condition for uploads in parts.
  private static void poorServer() {
    link.on("PUT", "/k$", copied());
    link.always("POST", "uploadId", error(501, "NotImplemented"));
  }

  private static Fault copied() {
    return new Fault.Status(
        200,
        Map.of("Content-Type", "application/xml"),
        "<?xml version=\"1.0\"?><CopyObjectResult><LastModified>2001-01-01T00:00:00.000Z"
            + "</LastModified><ETag>\"e\"</ETag></CopyObjectResult>");
  }

  @Test
  void whatCanNotBeTouchedInsideTheServerComesAndGoes() throws Exception {
    byte[] bytes = StoreContract.random(1, 300_000);
    StoreContract.publish(store, "k", bytes);
    link.reset();
    poorServer();

    store.touch("k");
    assertThat(link.count("POST", "uploadId")).isEqualTo(1);
    assertThat(link.count("PUT", "/k$")).as("a copy and the blob").isEqualTo(2);
    assertThat(StoreContract.all(store, "k")).isEqualTo(bytes);
    assertThat(store.deleteAbandoned(Instant.now().plusSeconds(3600))).isZero();
    assertThat(store.list("")).hasSize(1);
  }

  @Test
  void aTouchFromOutsideIsRefusedWhereItCouldReplaceANewerOne() throws Exception {
    Bucket bucket = bucket();
    StoreContract.publish(store, "k", "old");
    HeadObjectResponse before = S3Store.head(bucket, "k").orElseThrow();
    StoreContract.publish(store, "k", "newer");
    link.reset();
    poorServer();
    bucket.conditionalUploads = false;

    new S3Touch(bucket, "k", before).touch();

    assertThat(link.count("PUT", "/k$")).isEqualTo(2);
    assertThat(StoreContract.read(store, "k")).isEqualTo("newer");
  }

  @Test
  void aServerWithoutConditionsIsNamedAsSuch() throws IOException {
    StoreContract.publish(store, "k", "x");
    link.on("PUT", "/k$", copied(), error(501, "NotImplemented"));
    link.always("POST", "uploadId", error(501, "NotImplemented"));

    refused(() -> store.touch("k"), "touch k", "If-Match", "a newer version of the server");
    assertThat(StoreContract.read(store, "k")).isEqualTo("x");
  }

  @Test
  void aReadIsARequestAndReadsThatFollowReadAhead() throws IOException {
    byte[] bytes = StoreContract.random(1, 5_000_000);
    StoreContract.publish(store, "k", bytes);
    StoreContract.publish(store, "small", "x");
    link.reset();

    assertThat(StoreContract.read(store, "small")).isEqualTo("x");
    assertThat(link.requests()).hasSize(1);

    link.reset();
    try (SeekableByteChannel reader = store.open("k").orElseThrow()) {
      reader.position(1_000_000).read(ByteBuffer.allocate(2_000_000));
      reader.position(4_000_000).read(ByteBuffer.allocate(500_000));
      assertThat(link.requests())
          .extracting(FaultyRegistry.Request::range)
          .containsExactly("bytes=0-65535", "bytes=1000000-2999999", "bytes=4000000-4499999");
    }

    link.reset();
    try (SeekableByteChannel reader = store.open("k").orElseThrow()) {
      ByteBuffer few = ByteBuffer.allocate(4096);
      while (reader.read(few.clear()) > 0) {
        // To the end.
      }
    }
    assertThat(link.requests()).hasSizeLessThan(9);
    assertThat(link.sent()).isEqualTo(bytes.length);
  }

  @Test
  void aPartIsARequestAndWhatBrokeOffIsAskedForOfTheSameVersion() throws IOException {
    byte[] bytes = StoreContract.random(1, 900_000);
    StoreContract.publish(store, "k", bytes);
    StoreContract.publish(store, "small", "x");
    link.reset();

    assertThat(store.read("small", 100).orElseThrow().bytes()).isEqualTo("x".getBytes());
    assertThat(part(300_000, 400_000)).isEqualTo(Arrays.copyOfRange(bytes, 300_000, 700_000));
    assertThat(link.requests())
        .extracting(FaultyRegistry.Request::range)
        .containsExactly("bytes=0-65535", "bytes=300000-699999");

    link.on("GET", "/k", new Fault.Truncate(100_000));
    assertThat(part(300_000, 400_000)).isEqualTo(Arrays.copyOfRange(bytes, 300_000, 700_000));
    link.always("GET", "/k", new Fault.Status(200, Map.of("ETag", "e"), "all of it"));
    refused(() -> part(1, 3), "read k", "whole objects instead of ranges");
  }

  private byte[] part(long from, int length) throws IOException {
    ByteBuffer to = ByteBuffer.allocate(length);
    assertThat(store.read("k", from, to)).isTrue();
    return to.array();
  }

  @Test
  void bytesThatChangedAreNotTheSavedOnes() throws IOException {
    StoreContract.publish(store, "k", "what was saved");
    link.on("GET", "/k", new Fault.Corrupt(3));

    assertThatThrownBy(() -> store.open("k"))
        .isInstanceOf(OtherBytes.class)
        .hasMessageContaining("k in s3://")
        .hasMessageContaining("not those that were saved");
  }

  @Test
  void aListThatIsCutIsNoShorterList() throws IOException {
    for (int i = 0; i < 20; i++) {
      StoreContract.publish(store, "k/" + i, "x");
    }
    link.on("GET", "list-type", new Fault.Truncate(700));
    assertThat(store.list("k")).hasSize(20);
    link.always("GET", "list-type", new Fault.Status(200, Map.of(), ""));
    refused(() -> store.list("k"), "list k", "the answer was empty");
  }

  /// Whatever stands at the endpoint: a store's failure costs a cache, a program's error a job.
  @Test
  void whatIsNoAnswerOfS3IsAFailureOfTheStore() {
    link.always("HEAD", "/bare", new Fault.Status(200, Map.of(), ""));
    refused(() -> store.stat("bare"), "look at bare", "none of S3's");
    for (String range : new String[] {"bytes 0-1/*", "bytes 0-1/-5", "x"}) {
      Map<String, String> headers = Map.of("Content-Range", range, "ETag", "e");
      link.reset();
      link.always("GET", "/odd", new Fault.Status(206, headers, "ab"));
      refused(() -> store.open("odd"), "read odd", "none of S3's");
    }
    link.always("GET", "/unnamed", new Fault.Status(200, Map.of(), "ab"));
    refused(() -> store.open("unnamed"), "read unnamed", "none of S3's");
    link.always("GET", "list-type", list("<Contents><Key>x</Key></Contents>"));
    assertThatCode(() -> assertThat(store.list("")).as("of no prefix of ours").isEmpty())
        .doesNotThrowAnyException();
    link.reset();
    String key = "t" + PREFIXES.get() + "/k";
    link.always("GET", "list-type", list("<Contents><Key>" + key + "</Key></Contents>"));
    refused(() -> store.list(""), "list everything", "none of S3's");
    link.reset();
    link.always("GET", "list-type", list("<NextContinuationToken>t</NextContinuationToken>"));
    refused(() -> store.list(""), "list everything", "has no end");
    link.reset();
    link.always("GET", "uploads", list("<Upload><Key>" + key + "</Key></Upload>"));
    refused(() -> store.deleteAbandoned(Instant.now()), "list unfinished uploads");
  }

  private static Fault list(String content) {
    String name = content.contains("<Upload>") ? "ListMultipartUploadsResult" : "ListBucketResult";
    return new Fault.Status(
        200,
        Map.of("Content-Type", "application/xml"),
        "<?xml version=\"1.0\"?><" + name + "><Name>caches</Name>" + content + "</" + name + ">");
  }

  @Test
  void aReaderLearnsThatItsBlobIsGone() throws IOException {
    StoreContract.publish(store, "k", StoreContract.random(1, 300_000));
    try (SeekableByteChannel reader = store.open("k").orElseThrow()) {
      store.delete("k");

      assertThatThrownBy(() -> reader.position(200_000).read(ByteBuffer.allocate(100_000)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("was deleted or replaced while it was read");
    }
  }

  @Test
  void aLargeUploadThatFailsLeavesNothingAndAKilledOnesPartsAreCollected() throws IOException {
    link.always("PUT", "partNumber=2", Fault.status(400));
    byte[] bytes = StoreContract.random(1, 40 << 20);
    assertThatThrownBy(() -> StoreContract.publish(store, "large", bytes))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Could not write part 2 of large");
    assertThat(store.deleteAbandoned(Instant.now().plusSeconds(3600))).isZero();

    link.always("DELETE", "uploadId", Fault.status(400));
    assertThatThrownBy(() -> StoreContract.publish(store, "large", bytes))
        .isInstanceOf(IOException.class);
    link.reset();
    assertThat(store.deleteAbandoned(Instant.now().minusSeconds(3600))).isZero();
    assertThat(store.deleteAbandoned(Instant.now().plusSeconds(3600))).isEqualTo(1);
    assertThat(store.list("")).isEmpty();
  }

  @Test
  void whatStaysWrongIsSaidWithWhatToDo() throws Exception {
    link.always("HEAD", "/busy", Fault.status(503));
    refused(() -> store.stat("busy"), "look at busy", "503", "Try again later");
    assertThat(link.count("HEAD", "/busy")).isEqualTo(8);
    link.always("GET", "/skewed", error(403, "RequestTimeTooSkewed"));
    refused(() -> store.open("skewed"), "read skewed", "clock", "Set this clock");
    link.always("GET", "/expired", error(400, "ExpiredToken"));
    refused(() -> store.open("expired"), "Get new credentials");
    link.always("GET", "/denied", error(403, "AccessDenied"));
    refused(() -> store.open("denied"), "s3:GetObject", "s3:ListBucket");
    link.always(
        "GET", "list-type", new Fault.Status(301, Map.of("x-amz-bucket-region", "eu-west-3"), ""));
    refused(() -> store.list("a"), "list a", "another region", "region=eu-west-3");
    link.reset();
    BlobStore elsewhere = at("caches", LocalS3.ID, LocalS3.SECRET);
    link.always(
        "GET",
        "/elsewhere",
        error(
            400,
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region 'eu-west-3' is wrong; expecting"
                + " 'us-west-2'"));
    refused(() -> elsewhere.open("elsewhere"), "another region", "region=us-west-2");
    link.always("GET", "/short", new Fault.Truncate(0));
    StoreContract.publish(store, "short", "some bytes");
    refused(() -> store.open("short"), "connection was lost", "Check the network");
    link.reset();
    refused(
        () -> at("nowhere", LocalS3.ID, LocalS3.SECRET).stat("k"),
        "no bucket `nowhere`",
        "Make it");
    refused(() -> at("nowhere", LocalS3.ID, LocalS3.SECRET).list(""), "no bucket", "Make it");
    BlobStore wrongSecret = at("caches", LocalS3.ID, "another");
    refused(() -> wrongSecret.list(""), "secret key", "SignatureDoesNotMatch");
    BlobStore wrongId = at("caches", "nobody", LocalS3.SECRET);
    refused(() -> wrongId.list(""), "access key", "AWS_ACCESS_KEY_ID");
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void refused(Work work, String... said) {
    assertThatThrownBy(work::run)
        .isInstanceOf(IOException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains("s3://").contains(said))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain(LocalS3.SECRET));
  }

  private static Fault error(int status, String code) {
    return error(status, code, "");
  }

  private static Fault error(int status, String code, String message) {
    return new Fault.Status(
        status,
        Map.of(),
        "<?xml version=\"1.0\"?><Error><Code>"
            + code
            + "</Code><Message>"
            + message
            + "</Message></Error>");
  }
}
