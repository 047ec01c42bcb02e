package dev.bakehouse.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoreUrlTest {
  @TempDir Path dir;

  private BlobStore open(String url) {
    return open(url, Optional.empty());
  }

  private BlobStore open(String url, Optional<Path> credentials) {
    return StoreUrl.open(
        url,
        new StoreSettings(
            dir,
            credentials,
            () -> {
              throw new UserError("asked for artifacts", "");
            }));
  }

  @Test
  void aDirectoryIsRelativeToTheBase() throws IOException {
    Files.writeString(dir.resolve("file"), "");

    assertThat(open("dir:a/b").url()).isEqualTo("dir:" + dir.resolve("a/b"));
    assertThatThrownBy(() -> open("dir:file"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not a directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {"dir:~/x", "dir:~", "dir:~user/x"})
  void aTildeIsNoDirectory(String url) {
    assertThatThrownBy(() -> open(url))
        .isInstanceOfSatisfying(
            UserError.class,
            e -> assertThat(e.getMessage() + e.remedy()).contains("`~`", "whole path"));
    assertThat(open("dir:./~").url()).isEqualTo("dir:" + dir.resolve("~"));
  }

  @ParameterizedTest
  @CsvSource({
    "s3://bucket,s3://bucket",
    "s3://my.bucket-1/a/b/,s3://my.bucket-1/a/b",
    "s3://bucket/a?region=eu-central-1,s3://bucket/a?region=eu-central-1",
    "s3://bucket/a?region=r&endpoint=http://127.0.0.1:9000,s3://bucket/a?endpoint=http://127.0.0.1:9000&region=r",
    "s3://bucket?endpoint=https%3A%2F%2Fs3.example.org,s3://bucket?endpoint=https://s3.example.org"
  })
  void aBucketIsShownAsItsUserWroteIt(String url, String shown) {
    assertThat(open(url).url()).isEqualTo(shown);
  }

  @Test
  void artifactsAreTheJobsBusiness() {
    assertThatThrownBy(() -> open("buildkite:")).hasMessage("asked for artifacts");
  }

  @ParameterizedTest
  @ValueSource(strings = {"buildkite:x", "http://x", "", "/tmp/x", "s3:bucket", "s3:", "dir"})
  void otherUrlsAreErrorsThatNameWhatWorks(String url) {
    assertThatThrownBy(() -> open(url))
        .isInstanceOfSatisfying(
            UserError.class,
            e -> assertThat(e.remedy()).contains("dir:PATH", "s3://BUCKET", "buildkite:"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "s3://key:hunter2@bucket/x credentials",
        "s3://hunter2@bucket/x credentials",
        "s3://bucket/x?token=hunter2 option",
        "s3://bucket/x?hunter2 option",
        "s3://bucket/x?endpoint=http://a:hunter2@host user",
        "s3://bucket/x?endpoint=http://host/?k=hunter2 address",
        "s3://bucket/x?endpoint=hunter2 address",
        "s3://bucket/x?endpoint=file:///hunter2 address",
        "s3://bucket/x?endpoint=%zzhunter2 decoded",
        "s3://bucket/x?region=hunter2! region",
        "http://a:hunter2@host/x understood",
        "http://host/x?y=hunter2 understood",
        "s3:/key:hunter2@bucket/x understood",
        "s3:/key:a/hunter2@bucket/x understood",
        "hunter2:a@bucket/x understood"
      })
  void whatIsWrongIsNamedAndSecretsAreNotShown(String url, String named) {
    assertThatThrownBy(() -> open(url))
        .isInstanceOfSatisfying(
            UserError.class,
            e ->
                assertThat(e.getMessage() + " " + e.remedy())
                    .contains(named)
                    .doesNotContain("hunter2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"s3://", "s3:///x", "s3://B/x", "s3://a/x", "s3://bucket//x", "s3://bucket/../x"})
  void bucketsAndPrefixesArePlainNames(String url) {
    assertThatThrownBy(() -> open(url))
        .isInstanceOfSatisfying(
            UserError.class, e -> assertThat(e.remedy()).contains("s3://BUCKET/PREFIX"));
  }

  @Test
  void aBucketThatCanNotBeIsNotMissing() {
    assertThatThrownBy(() -> open("s3://My_Caches/x"))
        .isInstanceOfSatisfying(UserError.class, e -> assertThat(e.remedy()).contains("lower-case"))
        .hasMessageContaining("names `My_Caches`, which no bucket can be called");
  }

  @Test
  void aCredentialsFileIsPrivateAndWhole() throws IOException {
    Path file = Files.writeString(dir.resolve("keys"), "[default]\naws_access_key_id = hunter2\n");
    for (String mode : new String[] {"rw-r--r--", "rw-r-----", "rw--w----", "rw----r--"}) {
      Files.setPosixFilePermissions(
          file, java.nio.file.attribute.PosixFilePermissions.fromString(mode));
      assertThatThrownBy(() -> open("s3://bucket", Optional.of(file)))
          .isInstanceOfSatisfying(
              UserError.class, e -> assertThat(e.remedy()).isEqualTo("chmod 600 " + file))
          .hasMessageContaining("has mode " + mode);
    }

    Files.setPosixFilePermissions(
        file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    for (String wrong : new String[] {"", "hunter2", "[other]\nx=hunter2\n"}) {
      Files.writeString(file, wrong);
      assertThatThrownBy(() -> open("s3://bucket", Optional.of(file)))
          .isInstanceOfSatisfying(
              UserError.class,
              e ->
                  assertThat(e.getMessage() + e.remedy())
                      .contains(file.toString(), "~/.aws/credentials")
                      .doesNotContain("hunter2"));
    }
    assertThatThrownBy(() -> open("s3://bucket", Optional.of(dir.resolve("none"))))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(dir.resolve("none").toString());
  }
}
