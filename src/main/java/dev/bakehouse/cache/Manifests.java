package dev.bakehouse.cache;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.OtherVersion;
import dev.bakehouse.store.BlobInfo;
import dev.bakehouse.store.BlobStore;
import dev.bakehouse.store.OtherBytes;
import dev.bakehouse.store.Upload;
import dev.bakehouse.store.WholeBlob;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/// The manifests in a store: `manifests/SCOPE/KIND/BUILD/STEP.json`.
final class Manifests {
  static final String ROOT = "manifests";
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int LARGEST = 1 << 16;

  private final BlobStore blobs;

  Manifests(BlobStore blobs) {
    this.blobs = blobs;
  }

  /// A manifest and the blob it was read from.
  record Stored(Manifest manifest, BlobInfo blob) {
    Entry entry() {
      Kind kind =
          Kind.BUILT_IN.stream()
              .filter(k -> k.name().equals(manifest.kind()))
              .findFirst()
              .orElseGet(() -> Kind.directory(manifest.kind(), manifest.kind()));
      Address address = new Address(manifest.scope(), manifest.build(), manifest.step(), kind);
      return manifest.entry(address, blob.modified());
    }
  }

  static String key(Address address) {
    return build(address) + "/" + name(address);
  }

  static String build(Address address) {
    return kind(address.scope(), address.kind()) + "/" + SafeName.of(address.build());
  }

  static String kind(Scope scope, Kind kind) {
    return ROOT + "/" + scope.key() + "/" + kind.name();
  }

  /// The last segment. `_` is the step without a key, which no key's safe name is.
  static String name(Address address) {
    String step = address.step();
    return (step.isEmpty() ? "_" : "step-" + SafeName.of(step)) + ".json";
  }

  void publish(Address address, Manifest manifest) throws IOException {
    try (Upload upload = blobs.upload()) {
      upload.stream().write(JSON.writeValueAsBytes(manifest));
      upload.publish(key(address));
    }
  }

  Optional<Stored> at(Address address) throws IOException {
    return read(key(address));
  }

  /// One that was saved again or used since it was listed stays.
  ///
  /// @return whether it went
  boolean removeUnchanged(BlobInfo blob) throws IOException {
    return unchanged(blob) && blobs.delete(blob.key());
  }

  boolean unchanged(BlobInfo blob) throws IOException {
    return blobs.stat(blob.key()).filter(blob::equals).isPresent();
  }

  /// Does nothing when the blob is gone or no manifest at all.
  ///
  /// @throws OtherVersion when it says that it is a manifest of a version unknown here
  void insistKnown(BlobInfo blob) throws IOException {
    try {
      Optional<SeekableByteChannel> channel = blobs.open(blob.key());
      if (channel.isEmpty()) {
        return;
      }
      try (InputStream in = Channels.newInputStream(channel.get());
          JsonParser json = JSON.createParser(in)) {
        boolean more = json.nextToken() == JsonToken.START_OBJECT;
        while (more && json.nextToken() == JsonToken.PROPERTY_NAME) {
          boolean version = json.currentName().equals("version");
          JsonToken value = json.nextToken();
          if (version
              && !(value == JsonToken.VALUE_NUMBER_INT && Manifest.known(json.getString()))) {
            throw new OtherVersion(
                blob.key() + " is of version " + json.getString() + ", unknown to this program");
          }
          json.skipChildren();
        }
      }
    } catch (JacksonException | OtherBytes e) {
      // No manifest.
    }
  }

  /// Empty when the blob is gone, no manifest, or lies where another's should.
  Optional<Stored> read(String key) throws IOException {
    try {
      Optional<WholeBlob> blob = blobs.read(key, LARGEST);
      if (blob.isEmpty() || blob.get().info().size() > LARGEST) {
        return Optional.empty();
      }
      @Nullable Manifest manifest = JSON.readValue(blob.get().bytes(), Manifest.class);
      if (manifest == null) {
        return Optional.empty();
      }
      Stored stored = new Stored(manifest, blob.get().info());
      boolean sound = manifest.sound() && key(stored.entry().address()).equals(key);
      return sound ? Optional.of(stored) : Optional.empty();
    } catch (JacksonException | UserError | OtherBytes e) {
      return Optional.empty();
    }
  }
}
