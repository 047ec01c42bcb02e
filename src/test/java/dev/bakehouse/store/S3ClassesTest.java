package dev.bakehouse.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.UserError;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class S3ClassesTest {
  @Test
  void thePackageIsItsOwnAndAllElseIsTheProgrammes() throws Exception {
    var classes = BlobStore.class.getProtectionDomain().getCodeSource().getLocation();
    try (S3Classes loader = new S3Classes(List.of(classes))) {
      BlobStore store = S3Classes.open(loader, "s3://bucket/prefix", Optional.empty());

      assertThat(store.url()).isEqualTo("s3://bucket/prefix");
      assertThat(store.getClass().getClassLoader()).isSameAs(loader);
      assertThatThrownBy(() -> S3Classes.open(loader, "s3://", Optional.empty()))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("names no bucket");
    }
  }

  @Test
  void withoutItsJarsItSaysWhatToDo() throws Exception {
    try (S3Classes loader = new S3Classes(List.of())) {
      assertThatThrownBy(() -> S3Classes.open(loader, "s3://bucket", Optional.empty()))
          .isInstanceOfSatisfying(
              UserError.class, e -> assertThat(e.remedy()).contains("Build Bakehouse again"));
    }
  }
}
