package dev.bakehouse.store.s3;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/// What went wrong with a bucket, in words that say what to do.
final class Failures {
  /// What S3 says of a signature for another region.
  private static final Pattern EXPECTED = Pattern.compile("expecting ['\"]([a-z0-9-]{1,40})['\"]");

  private Failures() {}

  /// The status of an answer; 0 when there was none.
  static int status(SdkException e) {
    return e instanceof AwsServiceException service ? service.statusCode() : 0;
  }

  /// The word of an answer, such as `NoSuchKey`; empty when there was none.
  static String code(SdkException e) {
    if (e instanceof AwsServiceException service) {
      AwsErrorDetails details = service.awsErrorDetails();
      return details == null || details.errorCode() == null ? "" : details.errorCode();
    }
    return "";
  }

  /// Whether the server said that it does not know what was asked.
  static boolean isUnknownThere(IOException explained) {
    return explained.getCause() instanceof SdkException e && status(e) == 501;
  }

  /// @param doing for example `read`
  /// @param what for example `packs/0123`
  static IOException explained(String doing, String what, Location location, SdkException e) {
    String to = "Could not " + doing + " " + what + " in " + location.url() + ": ";
    return new IOException(to + why(location, e), e);
  }

  static IOException notUnderstood(
      String doing, String what, Location location, RuntimeException e) {
    return new IOException(
        "Could not "
            + doing
            + " "
            + what
            + " in "
            + location.url()
            + ": the answer is none of S3's ("
            + e
            + "). See what stands at the endpoint.",
        e);
  }

  private static String why(Location location, SdkException e) {
    int status = status(e);
    String code = code(e);
    String named = code.isEmpty() ? "status " + status : status + " " + code;
    String bucket = "`" + location.bucket() + "`";
    return switch (code) {
      case "NoSuchBucket" ->
          "there is no bucket " + bucket + ". Make it, or name another in cache.store.";
      case "InvalidAccessKeyId" ->
          "the server does not know this access key (" + named + "). " + Location.credentials();
      case "SignatureDoesNotMatch" ->
          "the secret key does not belong to this access key (" + named + "). Give the right one.";
      case "ExpiredToken", "InvalidToken", "TokenRefreshRequired" ->
          "the session's token is no longer valid (" + named + "). Get new credentials.";
      case "RequestTimeTooSkewed", "RequestExpired" ->
          "this machine's clock and the server's differ too much (" + named + "). Set this clock.";
      case "PermanentRedirect",
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException",
          "TemporaryRedirect" ->
          wrongRegion(bucket, named, e);
      default -> other(status, named, bucket, e);
    };
  }

  private static String other(int status, String named, String bucket, SdkException e) {
    if (status == 301) {
      return wrongRegion(bucket, named, e);
    }
    if (status == 401 || status == 403) {
      return "these credentials may not do that ("
          + named
          + "). Allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on the"
          + " objects, s3:ListBucket and s3:ListBucketMultipartUploads on the bucket.";
    }
    if (status == 501) {
      return "the server does not know this call (" + named + "). Use another or a newer one.";
    }
    if (status == 429 || status >= 500) {
      return "the server was busy or broken each time ("
          + named
          + (e.numAttempts() == null ? "" : ", tried " + e.numAttempts() + " times")
          + "). Try again later; fewer jobs at once ask for less.";
    }
    if (status > 0) {
      return "the answer was " + named + ": " + message(e) + ". See the server's log.";
    }
    String message = message(e);
    if (message.toLowerCase(Locale.ROOT).contains("credentials")) {
      return "there are no credentials. " + Location.credentials();
    }
    if (message.contains("writing request body")) {
      return "the server ended the connection while it was sent ("
          + message
          + "). It may have refused it: see its log.";
    }
    return "no answer (" + message + "). Check the endpoint, the network and the certificate.";
  }

  private static String wrongRegion(String bucket, String named, SdkException e) {
    String region =
        region(e).map(r -> "It is in `" + r + "`: write region=" + r).orElse("Write its region=R");
    return "the bucket "
        + bucket
        + " is in another region ("
        + named
        + "). "
        + region
        + " in the URL.";
  }

  /// From the answer's header, else from its words.
  private static Optional<String> region(SdkException e) {
    if (e instanceof AwsServiceException service && service.awsErrorDetails() != null) {
      AwsErrorDetails details = service.awsErrorDetails();
      Matcher expected = EXPECTED.matcher(String.valueOf(details.errorMessage()));
      return details
          .sdkHttpResponse()
          .firstMatchingHeader("x-amz-bucket-region")
          .or(() -> expected.find() ? Optional.of(expected.group(1)) : Optional.empty());
    }
    return Optional.empty();
  }

  /// The SDK's own words, with the cause's when they say more.
  private static String message(Throwable e) {
    Throwable deepest = e;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    String own = String.valueOf(e.getMessage());
    String text = own.contains(String.valueOf(deepest.getMessage())) ? own : own + ": " + deepest;
    return text.substring(0, Math.min(400, text.length()));
  }
}
