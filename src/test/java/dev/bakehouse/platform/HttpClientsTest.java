package dev.bakehouse.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HttpClientsTest {
  @Test
  void theEndStopsTheirThreads() throws Exception {
    HttpClient client = HttpClients.build(HttpClient.newBuilder());
    HttpClients.end();
    assertThat(client.awaitTermination(Duration.ofSeconds(30))).isTrue();
  }
}
