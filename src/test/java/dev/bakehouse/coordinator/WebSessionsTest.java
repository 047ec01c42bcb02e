package dev.bakehouse.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WebSessionsTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final WebSessions sessions = new WebSessions(now::get);

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void aCodeOpensOneSessionForATime() {
    String code = sessions.code("t");
    pass(WebSessions.CODE.minusNanos(1));
    String session = sessions.open(code).orElseThrow();
    assertThat(session).isNotEqualTo(code);
    assertThat(sessions.open(code)).isEmpty();
    assertThat(sessions.token(code)).as("a code is no session").isEmpty();
    assertThat(sessions.open(session)).as("nor the other way").isEmpty();
    assertThat(sessions.token(session)).contains("t");

    String late = sessions.code("t");
    pass(WebSessions.CODE);
    assertThat(sessions.open(late)).isEmpty();
  }

  @Test
  void aSessionEndsWithItsTimeOrWhenItIsEnded() {
    String one = sessions.begin("a");
    pass(WebSessions.SESSION.minusNanos(1));
    assertThat(sessions.token(one)).contains("a");
    String two = sessions.begin("b");
    pass(Duration.ofNanos(1));
    assertThat(sessions.token(one)).isEmpty();
    assertThat(sessions.token(two)).contains("b");
    sessions.end(two);
    assertThat(sessions.token(two)).isEmpty();
  }

  @Test
  void manyMakeRoomThoseOfOneTokenAmongThemselves() {
    String other = sessions.begin("other");
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 1010; i++) {
      all.add(sessions.begin("t"));
    }
    assertThat(sessions.token(other)).contains("other");
    assertThat(all.stream().filter(session -> sessions.token(session).isPresent()))
        .containsExactlyElementsOf(all.subList(910, 1010));

    for (int i = 0; i < 1010; i++) {
      all.add(sessions.begin("token " + i));
    }
    assertThat(sessions.token(other)).isEmpty();
    assertThat(all.stream().filter(session -> sessions.token(session).isPresent())).hasSize(1000);
  }
}
