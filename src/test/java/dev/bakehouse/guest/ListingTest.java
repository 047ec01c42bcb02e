package dev.bakehouse.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.platform.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What copies to and from macOS guests need, with the BSD tar of this machine.
class ListingTest {
  /// Prints times as BSD's `stat -f %Fm` does.
  private static final List<String> TIMES = List.of("stat", "-c", "%.9Y");

  @TempDir Path dir;
  private Path tree;

  @BeforeEach
  void make() throws IOException {
    tree = Files.createDirectories(dir.resolve("tree"));
    Files.createDirectories(tree.resolve("empty"));
    Files.createDirectories(tree.resolve("a *[b]/deep"));
    Path file = Files.writeString(tree.resolve("a *[b]/deep/-new\nline \"q\" ü"), "text");
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2001-02-03T04:05:06.123456789Z")));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x---"));
    Files.createLink(tree.resolve("linked"), file);
    Files.createSymbolicLink(tree.resolve("link"), Path.of("no\nwhere"));
    Files.createDirectory(tree.resolve("left out"));
    Files.writeString(tree.resolve("left out/x"), "x");
  }

  @Test
  void thePerlProgramListsWhatFindLists() {
    Path without = Path.of("left out");
    Manifest found = list(tree, Listing.of(GuestSystem.LINUX, without));
    assertThat(found.entries()).hasSize(7);
    assertThat(list(tree, Listing.perl(TIMES, without))).isEqualTo(found);
  }

  @Test
  void bsdTarPacksAndUnpacksTheSame() throws IOException {
    Manifest whole = list(tree, Listing.perl(TIMES));
    List<String> paths = new ArrayList<>(whole.entries().keySet());
    for (String packer : List.of("tar", "bsdtar")) {
      for (String unpacker : List.of("tar", "bsdtar")) {
        Path copy = dir.resolve(packer + "-" + unpacker);
        byte[] archive =
            Command.of(with(packer, FileCopy.packing()))
                .in(tree)
                .input(Manifest.list(paths))
                .check()
                .out();
        Files.createDirectory(copy);
        Command.of(with(unpacker, Arrival.unpacking())).in(copy).input(archive).check();
        // The one thing BSD's tar leaves is the time of the directory it unpacks in.
        if (unpacker.equals("bsdtar")) {
          Files.setLastModifiedTime(copy, Files.getLastModifiedTime(tree));
        }
        assertThat(whole.toCopy(list(copy, Listing.perl(TIMES)))).as(copy.toString()).isEmpty();
      }
    }
  }

  @Test
  void twoNamesThatAreOneOnMacosAreTold() throws IOException {
    assertThat(list(tree, Listing.of(GuestSystem.LINUX)).clash()).isEmpty();
    Files.writeString(tree.resolve("LINK"), "x");
    assertThat(list(tree, Listing.of(GuestSystem.LINUX)).clash().orElseThrow())
        .contains("LINK", "link");
  }

  private static List<String> with(String program, List<String> argv) {
    List<String> all = new ArrayList<>(argv);
    all.set(0, program);
    return all;
  }

  private static Manifest list(Path directory, List<String> argv) {
    return Manifest.parse(Command.of(argv).in(directory).check().out());
  }
}
