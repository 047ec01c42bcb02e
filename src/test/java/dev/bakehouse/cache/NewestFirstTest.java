package dev.bakehouse.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.store.BlobInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NewestFirstTest {
  private static final int SAVED = 2000;
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00.5Z");

  private final List<BlobInfo> blobs = new ArrayList<>();
  private final Map<String, Entry> entries = new HashMap<>();
  private int read;

  /// One every ten minutes; a few were used since, some of them just now.
  @BeforeEach
  void save() {
    Random random = new Random(1);
    for (int i = 0; i < SAVED; i++) {
      Instant created = BEGIN.plus(Duration.ofMinutes(10L * i));
      boolean used = random.nextInt(100) == 0;
      Instant modified = used ? created.plus(Duration.ofMinutes(random.nextInt(30_000))) : created;
      // As a store tells times: by its own clock, in whole seconds.
      Instant told = Instant.ofEpochSecond(modified.minusSeconds(20).getEpochSecond());
      blobs.add(new BlobInfo("b" + i, 1, told, "v"));
      entries.put("b" + i, entry("b" + i, created));
    }
  }

  @Test
  void theyComeInTheOrderTheyWereSaved() {
    assertThat(NewestFirst.of(blobs, this::read).map(e -> e.address().build()))
        .containsExactlyElementsOf(
            blobs.stream()
                .map(BlobInfo::key)
                .sorted(Comparator.comparing((String key) -> entries.get(key).created()).reversed())
                .toList());
  }

  @Test
  void theLastAreFoundWithoutReadingAll() {
    assertThat(NewestFirst.of(blobs, this::read).limit(3).map(e -> e.address().build()))
        .containsExactly("b1999", "b1998", "b1997");
    assertThat(read).isBetween(3, 40);
  }

  @Test
  void whatCanNotBeReadIsLeftOut() {
    entries.remove("b1999");
    entries.remove("b0");
    assertThat(NewestFirst.of(blobs, this::read)).hasSize(SAVED - 2);
    assertThat(NewestFirst.of(List.of(), this::read)).isEmpty();
  }

  private Optional<Entry> read(BlobInfo blob) {
    read++;
    return Optional.ofNullable(entries.get(blob.key()));
  }

  private static Entry entry(String build, Instant created) {
    Scope scope = Scope.parse("p/main", "linux-x64-release");
    Entry.Address address = new Entry.Address(scope, build, "", Kind.BUN);
    return new Entry(address, "s", 1, 1, 1, created, created);
  }
}
