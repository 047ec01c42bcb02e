package dev.bakehouse.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.snapshot.Tree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Archives as a guest sends them, made by this machine's tar.
class ArrivalTest {
  private static final Duration DEADLINE = Duration.ofMinutes(1);

  @TempDir Path dir;
  private Path guest;
  private Path out;
  private Path outside;

  @BeforeEach
  void make() throws IOException {
    guest = Files.createDirectory(dir.resolve("guest"));
    out = Files.createDirectory(dir.resolve("out"));
    outside = Files.createDirectory(dir.resolve("outside"));
    Files.writeString(out.resolve("own"), "own");
  }

  @Test
  void whatCameIsWhatWasSent() throws Exception {
    Tree.odd(guest);
    sh(
        guest,
        "chmod -R ug-s .; mkdir -p closed/in; echo x > closed/in/x; chmod 555 closed/in closed");
    settle(asked(list(guest)), list(guest));
    Files.delete(out.resolve("own"));
    Files.setLastModifiedTime(out, Files.getLastModifiedTime(guest));
    assertThat(Tree.describe(out)).isEqualTo(Tree.describe(guest));

    sh(
        guest,
        "chmod 755 closed; echo new > closed/new; rm plain; mkdir plain; touch plain/y; rm -r deep; echo f > deep");
    sh(guest, "rm soft; mkdir soft; echo z > soft/z; echo zz > big; chmod 555 closed");
    settle(asked(list(guest)), list(guest));
    assertThat(Tree.describe(out)).isEqualTo(Tree.describe(guest));
    assertThat(out).isDirectoryNotContaining("glob:**/.bakehouse-*");
  }

  @Test
  void noLinkThatCameBeforeLeadsOutside() throws Exception {
    Files.createSymbolicLink(out.resolve("evil"), outside);
    Files.createDirectory(guest.resolve("evil"));
    Files.writeString(guest.resolve("evil/authorized_keys"), "key");
    byte[] sent = archive(guest, "./evil/authorized_keys");

    Manifest honest = list(guest);
    Manifest lie = new Manifest(new LinkedHashMap<>(honest.entries()));
    lie.entries().remove("evil");
    refused(sent, lie, "evil");
    lie.entries().put("evil", new Manifest.Entry("l", "777", "1", "1", List.of(), "x"));
    refused(sent, lie, "evil");
  }

  @Test
  void noLinkInTheArchiveLeadsOutside() throws Exception {
    Path second = Files.createDirectories(dir.resolve("second/evil"));
    Files.writeString(second.resolve("authorized_keys"), "key");
    Files.createSymbolicLink(guest.resolve("evil"), outside);
    sh(dir, "tar -C guest -cf 1.tar ./evil; tar -C second -rf 1.tar ./evil/authorized_keys");

    refused(Files.readAllBytes(dir.resolve("1.tar")), list(guest), "evil/authorized_keys");
  }

  @Test
  void noNameGoesUpOrToTheTop() throws Exception {
    Files.createDirectories(guest.resolve("in"));
    Files.writeString(dir.resolve("guest/key"), "key");
    for (String name : List.of("../outside/key", outside + "/key")) {
      String named = name.startsWith("/") ? name.split("/", -1)[1] : "outside/key";
      sh(dir, "tar -P -C guest --transform 's|^./key$|" + name + "|' -cf 2.tar ./key");

      refused(Files.readAllBytes(dir.resolve("2.tar")), list(guest), named);
    }
  }

  @Test
  void nothingComesThatNobodyAskedFor() throws Exception {
    Files.writeString(guest.resolve("a"), "a");
    Manifest listed = list(guest);
    Files.writeString(guest.resolve("b\u001b"), "b");

    refused(archive(guest, "."), listed, "b\\x1b");
  }

  @Test
  void nothingComesThatIsNoFile() throws Exception {
    Files.writeString(guest.resolve("own"), "a file, as the guest says");
    Manifest listed = list(guest);
    sh(guest, "rm own; mkfifo own");

    refused(archive(guest, "."), listed, "own");
  }

  private void refused(byte[] archive, Manifest theirs, String named) throws IOException {
    String before = Tree.describe(out);
    assertThatThrownBy(() -> settle(archive, theirs))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(named);
    assertThat(outside).isEmptyDirectory();
    assertThat(out.resolve("own")).hasContent("own");
    assertThat(Tree.describe(out).lines().toList()).hasSameSizeAs(before.lines().toList());
  }

  private void settle(byte[] archive, Manifest theirs) {
    Manifest mine = list(out);
    List<String> remove =
        theirs.toRemove(mine).stream().filter(theirs.entries()::containsKey).toList();
    try (Arrival arrival = new Arrival(out, DEADLINE)) {
      arrival.unpack(
          into -> {
            try {
              into.write(archive);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      arrival.settle(mine, remove, theirs.toCopy(mine));
    }
  }

  private byte[] asked(Manifest theirs) {
    return Command.of(FileCopy.packing())
        .in(guest)
        .input(Manifest.list(theirs.toCopy(list(out))))
        .check()
        .out();
  }

  private static byte[] archive(Path of, String what) {
    return Command.of("tar", "-c", "--format=pax", "--numeric-owner", "-f", "-", what)
        .in(of)
        .check()
        .out();
  }

  private static Manifest list(Path of) {
    return Manifest.parse(Command.of(Listing.of(GuestSystem.LINUX)).in(of).check().out());
  }

  private static void sh(Path in, String script) {
    Command.of("sh", "-c", script).in(in).check();
  }
}
