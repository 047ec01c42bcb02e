package dev.bakehouse.store.s3;

import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;

/// The connection to a bucket. What fails on the way or is refused for being busy is tried again,
/// with growing pauses, before anyone hears of it.
final class Bucket {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration SILENCE = Duration.ofSeconds(60);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final int ATTEMPTS = 8;

  // Both are read once, when the first of such classes is loaded: how many idle connections the JDK
  // keeps to a host, and that the SDK's logging facade does not complain of having nowhere to log.
  static {
    setUnlessSet("http.maxConnections", "32");
    setUnlessSet("slf4j.internal.verbosity", "ERROR");
  }

  final Location location;
  private final S3Client client;
  private volatile boolean seen;
  private volatile boolean checksums = true;

  /// Until the server says that it knows no condition for the end of an upload in parts.
  volatile boolean conditionalUploads = true;

  /// @param pause the first pause before a call is tried again
  private Bucket(Location location, AwsCredentialsProvider credentials, Duration pause) {
    this.location = location;
    BackoffStrategy growing = BackoffStrategy.exponentialDelay(pause, LONGEST_PAUSE);
    StandardRetryStrategy retries =
        StandardRetryStrategy.builder()
            .maxAttempts(ATTEMPTS)
            .backoffStrategy(growing)
            .throttlingBackoffStrategy(growing)
            .build();
    var builder =
        S3Client.builder()
            .region(Region.of(region(location)))
            .credentialsProvider(credentials)
            .httpClientBuilder(
                UrlConnectionHttpClient.builder().connectionTimeout(CONNECT).socketTimeout(SILENCE))
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .overrideConfiguration(o -> o.retryStrategy(retries));
    location.endpoint().ifPresent(e -> builder.endpointOverride(e).forcePathStyle(true));
    this.client = builder.build();
  }

  /// @param credentialsFile as `~/.aws/credentials`, its profile `default`; else the SDK's own
  ///   chain
  static Bucket of(Location location, Optional<Path> credentialsFile, Duration pause) {
    AwsCredentialsProvider credentials =
        credentialsFile
            .map(Bucket::fromFile)
            .orElseGet(() -> DefaultCredentialsProvider.builder().build());
    return new Bucket(location, credentials, pause);
  }

  String key(String key) {
    return location.prefix() + key;
  }

  /// Carries a call out. What it makes of the answer belongs into it: an answer that lacks what an
  /// answer has is a failure like others.
  ///
  /// @param doing for the error: "could not `doing` `what` in …"
  <T> T call(String doing, String what, Function<S3Client, T> call) throws IOException {
    try {
      return answered(call);
    } catch (SdkException e) {
      throw Failures.explained(doing, what, location, e);
    } catch (RuntimeException e) {
      throw Failures.notUnderstood(doing, what, location, e);
    }
  }

  /// As [#call], but "not there" and "only if" come out as they are: empty.
  <T> Optional<T> callIfThere(String doing, String what, Function<S3Client, T> call)
      throws IOException {
    try {
      return Optional.of(answered(call));
    } catch (SdkException e) {
      String code = Failures.code(e);
      boolean gone = Failures.status(e) == 404 && !code.equals("NoSuchBucket");
      if (gone || Failures.status(e) == 412) {
        insistOnBucket(doing, what);
        return Optional.empty();
      }
      throw Failures.explained(doing, what, location, e);
    } catch (RuntimeException e) {
      throw Failures.notUnderstood(doing, what, location, e);
    }
  }

  /// The SDK tries again what fails on the way, but not an answer whose text breaks off.
  private <T> T answered(Function<S3Client, T> call) {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.apply(client);
      } catch (UncheckedIOException e) {
        if (attempt == ATTEMPTS) {
          throw SdkClientException.create("its answer broke off each time", e);
        }
      }
    }
  }

  /// Carries a call out that may send its body's checksum; a server that does not know the header
  /// is asked again without it, and never with it again.
  <T> T checksummed(Function<Boolean, T> call) {
    if (checksums) {
      try {
        return call.apply(true);
      } catch (SdkException e) {
        if (Failures.status(e) != 501) {
          throw e;
        }
        checksums = false;
      }
    }
    return call.apply(false);
  }

  /// What time it is there, as its answers say.
  Optional<Instant> date() throws IOException {
    return call(
        "ask",
        "the time",
        c ->
            c.headBucket(b -> b.bucket(location.bucket()))
                .sdkHttpResponse()
                .firstMatchingHeader("Date")
                .flatMap(Bucket::moment));
  }

  private static Optional<Instant> moment(String date) {
    try {
      return Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /// An answer without a body does not tell whether the object or the whole bucket is missing.
  private void insistOnBucket(String doing, String what) throws IOException {
    if (!seen) {
      try {
        client.headBucket(b -> b.bucket(location.bucket()));
      } catch (SdkException e) {
        if (Failures.status(e) == 404) {
          throw new IOException(
              "Could not "
                  + doing
                  + " "
                  + what
                  + ": there is no bucket `"
                  + location.bucket()
                  + "` at "
                  + location.url()
                  + ". Make it, or name another in cache.store.",
              e);
        }
        throw Failures.explained("look at", "the bucket", location, e);
      }
      seen = true;
    }
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  private static String region(Location location) {
    if (!location.region().isEmpty()) {
      return location.region();
    }
    String named = System.getenv().getOrDefault("AWS_REGION", "");
    String older = System.getenv().getOrDefault("AWS_DEFAULT_REGION", "");
    return !named.isEmpty() ? named : older.isEmpty() ? "us-east-1" : older;
  }

  private static AwsCredentialsProvider fromFile(Path file) {
    try {
      Directories.insistPrivate("The credentials file", file);
      ProfileFile profiles =
          ProfileFile.builder().content(file).type(ProfileFile.Type.CREDENTIALS).build();
      if (profiles.profile("default").isEmpty()) {
        throw new UserError(
            "The credentials file " + file + " has no profile [default]",
            "Write it as ~/.aws/credentials: [default], aws_access_key_id, aws_secret_access_key.");
      }
      return ProfileCredentialsProvider.builder()
          .profileFile(profiles)
          .profileName("default")
          .build();
    } catch (IOException | SdkException | IllegalArgumentException e) {
      throw new UserError(
          "Could not read the credentials in " + file + ": " + e.getClass().getSimpleName(),
          "Name a file you can read in cache.s3.credentials-file, written as ~/.aws/credentials.",
          e);
    }
  }
}
