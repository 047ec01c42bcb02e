package dev.bakehouse.store.buildkite;

import dev.bakehouse.store.Keys;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Where the blobs lie that a job's blobs rely on: an artifact of its own, `catalogue/JOB.json`. A
/// wire record; what is wrong in it is left out.
///
/// @param version 1
record Catalogue(int version, List<Place> places) {
  static final int VERSION = 1;
  static final int LARGEST = 64 << 20;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /// @param created when the artifact was uploaded, an ISO text
  record Place(
      String key,
      String build,
      String artifact,
      String job,
      String created,
      long size,
      String sha1) {
    static Place of(String key, Artifact at) {
      return new Place(
          key, at.build(), at.id(), at.job(), at.created().toString(), at.size(), at.sha1());
    }

    @Nullable Artifact artifact(String path) {
      try {
        return new Artifact(build, artifact, path, job, Instant.parse(created), size, sha1);
      } catch (DateTimeParseException e) {
        return null;
      }
    }

    @SuppressWarnings("NullAway") // The wire may leave anything out.
    boolean sound() {
      return key != null
          && Keys.valid(key)
          && build != null
          && build.matches("[A-Za-z0-9-]{1,80}")
          && artifact != null
          && job != null
          && job.matches("[A-Za-z0-9-]{1,80}")
          && created != null
          && sha1 != null
          && size >= 0;
    }
  }

  byte[] bytes() {
    return JSON.writeValueAsString(this).getBytes(StandardCharsets.UTF_8);
  }

  @SuppressWarnings("NullAway") // The wire may leave anything out.
  static List<Place> read(byte[] bytes) {
    try {
      @Nullable Catalogue read = JSON.readValue(bytes, Catalogue.class);
      if (read == null || read.version != VERSION || read.places == null) {
        return List.of();
      }
      List<Place> sound = new ArrayList<>();
      for (Place place : read.places) {
        if (place != null && place.sound()) {
          sound.add(place);
        }
      }
      return sound;
    } catch (JacksonException e) {
      return List.of();
    }
  }
}
