package dev.bakehouse.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class StatusViewTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void anAgentThatIsNotRegisteredIsTold() {
    assertThat(reason("'state': 'starting', 'refusal': '404 (Attempt 3/30)', 'trouble': 'ended'"))
        .isEqualTo("ready; agent oven.1 is not registered: 404 (Attempt 3/30)");
    assertThat(reason("'state': 'idle', 'trouble': 'ended by itself: 401'"))
        .isEqualTo("ready; agent oven.1 ended by itself: 401");
    assertThat(reason("'state': 'idle'")).isEqualTo("ready");
  }

  private static String reason(String agent) {
    String status =
        "{'daemon': '1 2', 'ready': true, 'reason': 'ready', 'away': '', 'agents': [{'name': 'oven.1', "
            + agent
            + "}]}";
    return StatusView.reason(JSON.readTree(status.replace('\'', '"')));
  }
}
