package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A job's secret is seen by the job alone.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class SecretTest {
  private static final String COMMAND =
      """
      echo "token=$DEPLOY_TOKEN"
      printf 'length:%s\\n' "${#DEPLOY_TOKEN}"
      printf %s "$DEPLOY_TOKEN" > ../secret
      for i in 1 2 3; do
        cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -a -F -f ../secret && echo LEAK-ARGV
      done
      grep -r -a -F -f ../secret . && echo LEAK-CHECKOUT
      echo looked
      """;

  /// Reads the argument lists of all processes, over and over: those of short ones too.
  private static final class Watcher {
    private static final String DESCRIPTOR = "BAKEHOUSE_JOB_ENVIRONMENT=";

    final Set<String> argvs = ConcurrentHashMap.newKeySet();
    final Set<String> jobTokens = ConcurrentHashMap.newKeySet();
    private final String secret;
    private volatile boolean stop;
    private final Thread thread;

    Watcher(String secret) {
      this.secret = secret;
      this.thread = Thread.ofPlatform().start(this::watch);
    }

    private void watch() {
      while (!stop) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
          all.forEach(this::look);
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    }

    private void look(Path process) {
      String argv = read(process.resolve("cmdline"));
      boolean _ = !argv.isEmpty() && argvs.add(argv);
      // The host's part of a job has the job's variables in a file without a name, as long as it
      // runs. Another job's has the same words.
      String number =
          Stream.of(read(process.resolve("environ")).split("\0"))
              .filter(entry -> entry.startsWith(DESCRIPTOR))
              .findFirst()
              .map(entry -> entry.substring(DESCRIPTOR.length()))
              .orElse("");
      if (!number.isEmpty()) {
        Path descriptor = process.resolve("fd").resolve(number);
        // Programs it starts have the number too; there it may be a pipe, and what is read here
        // would be missing there.
        String environment = Files.isRegularFile(descriptor) ? read(descriptor) : "";
        if (environment.contains(secret)) {
          for (String entry : environment.split("\0")) {
            if (entry.startsWith("BUILDKITE_AGENT_ACCESS_TOKEN=")) {
              jobTokens.add(entry.substring(entry.indexOf('=') + 1));
            }
          }
        }
      }
    }

    private static String read(Path file) {
      try {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
      } catch (IOException e) {
        // It has ended.
        return "";
      }
    }

    void end() throws InterruptedException {
      stop = true;
      thread.join();
    }
  }

  @Test
  void isInNoArgvNoCheckoutNoLogAndNoReadableFile(JobFixture fixture) throws Exception {
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    String secret = HexFormat.of().formatHex(random);
    Watcher watcher = new Watcher(secret);
    Result result;
    try {
      result =
          fixture
              .run(List.of(new Step("secret", COMMAND, Map.of("DEPLOY_TOKEN", secret), Where.VM)))
              .get("secret");
    } finally {
      watcher.end();
    }
    assertThat(result.status()).as(result.log()).isEqualTo("0");
    assertThat(result.log())
        .contains("token=[REDACTED]", "length:32", "looked")
        .doesNotContain(secret)
        .doesNotContain("\nLEAK");
    assertThat(watcher.jobTokens).as("access tokens of the job").isNotEmpty();
    assertThat(watcher.argvs)
        .as("argument lists")
        .anyMatch(a -> a.contains("qemu-system"))
        .anyMatch(a -> a.startsWith("ssh"));
    String registration = fixture.registrationToken();
    String api = Files.readString(fixture.coordinator().apiToken()).strip();
    for (String token :
        Stream.concat(Stream.of(secret, registration, api), watcher.jobTokens.stream()).toList()) {
      assertThat(watcher.argvs).noneMatch(argv -> argv.contains(token));
    }
    assertThat(Files.getPosixFilePermissions(fixture.dir().resolve("coordinator")))
        .isEqualTo(java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    try (Stream<Path> all = Files.walk(fixture.hostConfig().getParent())) {
      List<Path> readable = all.filter(SecretTest::othersMayRead).toList();
      assertThat(readable).isNotEmpty().noneMatch(file -> holds(file, secret));
    }
  }

  /// Disks and memory images apart: they are of before the job, and of gigabytes.
  private static boolean othersMayRead(Path file) {
    try {
      Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
      return Files.isRegularFile(file)
          && Files.size(file) < 64L << 20
          && (mode.contains(PosixFilePermission.GROUP_READ)
              || mode.contains(PosixFilePermission.OTHERS_READ));
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean holds(Path file, String secret) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).contains(secret);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
