package dev.bakehouse.cache;

import dev.bakehouse.cache.Entry.Address;
import dev.bakehouse.store.buildkite.AgentArtifacts;
import dev.bakehouse.store.buildkite.Artifact;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/// The plain archives among the artifacts of builds.
final class PlainArchives {
  private static final String SUFFIX = "-cache.tar.gz";

  /// Caches hold objects and text: what grows by more than this is a bomb.
  private static final long GROWTH = 100;

  private static final long SMALL = 1 << 20;

  private final AgentArtifacts artifacts;

  PlainArchives(AgentArtifacts artifacts) {
    this.artifacts = artifacts;
  }

  static Optional<String> file(Kind kind) {
    return switch (kind.contents()) {
      case CCACHE, ZIG -> Optional.of(kind.name() + SUFFIX);
      case BUN, PLAIN -> Optional.empty();
    };
  }

  /// The archive that one step left, one of its jobs where it is parallel. All platforms' have one
  /// name: without a step there is one only when one job alone left such. Zig's two are of the same
  /// job, or there is none.
  Optional<Artifact> find(Address address) throws IOException {
    if (file(address.kind()).isEmpty()) {
      return Optional.empty();
    }
    List<Artifact> own = all(address, address.kind());
    if (address.kind().contents() != Kind.Contents.ZIG) {
      return own.stream().findFirst();
    }
    Set<String> complete = jobs(all(address, Kind.ZIG_GLOBAL));
    Optional<String> job =
        all(address, Kind.ZIG_LOCAL).stream()
            .map(Artifact::job)
            .filter(complete::contains)
            .findFirst();
    return own.stream().filter(a -> job.equals(Optional.of(a.job()))).findFirst();
  }

  private List<Artifact> all(Address address, Kind kind) throws IOException {
    String step = Step.parse(address.step()).key();
    List<Artifact> all = artifacts.find(address.build(), step, file(kind).orElseThrow());
    return step.isEmpty() && jobs(all).size() > 1 ? List.of() : all;
  }

  private static Set<String> jobs(List<Artifact> all) {
    return all.stream().map(Artifact::job).collect(Collectors.toSet());
  }

  /// The tar archive in a file; it ends with an error where it grows too large for the file or for
  /// the disk, on which every byte lies twice for a while.
  static InputStream unpacked(Path file) throws IOException {
    long room = Files.getFileStore(file).getUsableSpace() / 4;
    long most = Math.min(room, SMALL + GROWTH * Files.size(file));
    return new Bounded(new GZIPInputStream(Files.newInputStream(file), 1 << 16), most);
  }

  private static final class Bounded extends FilterInputStream {
    private final long most;
    private long count;

    Bounded(InputStream in, long most) {
      super(in);
      this.most = most;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int from, int length) throws IOException {
      int read = in.read(to, from, length);
      count += Math.max(0, read);
      if (count > most) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "it unpacks to more than %,d bytes, which is too much for its size or the disk",
                most));
      }
      return read;
    }
  }
}
