package dev.bakehouse.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RedactorTest {
  @Test
  void secretsGoWhereverTheWritesAreSplit() throws IOException {
    String text = "a hunter22hunter2x b hunter2-long c hunter";
    String expected = "a [REDACTED][REDACTED]x b [REDACTED] c hunter";
    List<byte[]> secrets =
        List.of(
            "hunter2".getBytes(UTF_8), "hunter22".getBytes(UTF_8), "hunter2-long".getBytes(UTF_8));
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Redactor redactor = new Redactor(out, secrets);
      byte[] bytes = text.getBytes(UTF_8);
      int at = 0;
      while (at < bytes.length) {
        int length = Math.min(bytes.length - at, 1 + random.nextInt(9));
        redactor.write(bytes, at, length);
        at += length;
      }
      redactor.settle();
      assertThat(out.toString(UTF_8)).isEqualTo(expected);
    }
  }

  @Test
  void shortValuesStay() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Redactor redactor = new Redactor(out, List.of("true".getBytes(UTF_8)));
    redactor.write("true story".getBytes(UTF_8));
    redactor.settle();
    assertThat(out.toString(UTF_8)).isEqualTo("true story");
  }

  @Test
  void namesMatchTheAgentsGlobs() {
    var secrets =
        Redactor.secrets(
            Map.of("NPM_TOKEN", "abcdefg", "TOKENS", "no", "X.Y", "z"), "*_TOKEN,*_PASSWORD,X.*");
    assertThat(secrets)
        .extracting(b -> new String(b, UTF_8))
        .containsExactlyInAnyOrder("abcdefg", "z");
  }
}
