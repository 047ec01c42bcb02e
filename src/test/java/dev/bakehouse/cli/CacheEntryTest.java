package dev.bakehouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.cache.Entry;
import dev.bakehouse.cache.Kind;
import dev.bakehouse.cache.Scope;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CacheEntryTest {
  @Test
  void namesThatAJobChoseDoNotReachATerminalRaw() {
    Entry.Address address =
        new Entry.Address(
            Scope.parse("p/main", "linux-x64-release"), "b\n", "s\u001b[2J\nx", Kind.CCACHE);
    Entry entry = new Entry(address, "id", 1, 1, 1, Instant.EPOCH, Instant.EPOCH);

    assertThat(CacheEntry.of(entry).text())
        .contains("build b\\x0a step s\\x1b[2J\\x0ax:")
        .doesNotContain("\u001b", "\n");
    assertThat(address.toString())
        .contains("step s\\x1b[2J\\x0ax from build b\\x0a")
        .doesNotContain("\u001b", "\n");
  }
}
