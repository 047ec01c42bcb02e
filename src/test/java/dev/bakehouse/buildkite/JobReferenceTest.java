package dev.bakehouse.buildkite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobReferenceTest {
  private static final String ID = "b63254c0-3271-4a98-8270-7cfbd6c2f14e";

  @ParameterizedTest
  @CsvSource({
    "12, '', 12, '', false",
    "12/build-cpp, '', 12, build-cpp, false",
    "bun#12/a/b, bun, 12, a/b, false",
    "#7/x, '', 7, x, false",
    "https://buildkite.com/my-org/bun/builds/12, bun, 12, '', false",
    "https://buildkite.com/my-org/bun/builds/12#ID, bun, 12, '', true",
    "https://buildkite.com/o/bun/builds/12/steps/canvas?jid=ID&tab=output, bun, 12, '', true",
    "http://h:1/v2/organizations/o/pipelines/bun/builds/12/jobs/ID/log, bun, 12, '', true",
    "http://h:1/#/bun/builds/12, bun, 12, '', false",
    "http://h:1/#/bun/builds/12/ID, bun, 12, '', true",
    "http://h:1/v2/organizations/o/jobs/ID/log, '', '', '', true",
    "ID, '', '', '', true",
  })
  void isRead(String text, String pipeline, String build, String step, boolean job) {
    JobReference read = JobReference.parse(text.replace("ID", ID));
    assertThat(read.pipeline().orElse("")).isEqualTo(pipeline);
    assertThat(read.build().isPresent() ? "" + read.build().getAsInt() : "").isEqualTo(build);
    assertThat(read.step().orElse("")).isEqualTo(step);
    assertThat(read.job()).isEqualTo(job ? Optional.of(ID) : Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "12/", "https://example.org/x", "#", "1234567890"})
  void whatIsNoneIsRefused(String text) {
    assertThatThrownBy(() -> JobReference.parse(text)).isInstanceOf(UserError.class);
  }

  @Test
  void aNumberNeedsAPipeline() {
    assertThatThrownBy(() -> JobReference.parse("12").within(Optional.empty()))
        .hasMessageContaining("of which pipeline");
    assertThat(JobReference.parse("a#12").within(Optional.of("b")).pipeline()).hasValue("a");
  }
}
