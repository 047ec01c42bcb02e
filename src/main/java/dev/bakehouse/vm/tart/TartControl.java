package dev.bakehouse.vm.tart;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.vm.Duplex;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The guest program, brought into a guest and served over one `tart exec -i`.
///
/// The first program that runs takes the guest program from its standard input, counted, puts it
/// where [Vm#guestProgram] says, says `ready`, and becomes `guest.pl serve -` on the same streams.
final class TartControl implements Duplex {
  static final String PROGRAM = "/usr/local/lib/bakehouse/guest.pl";

  /// Arguments: the file, its size.
  static final String RECEIVE =
      """
      my ($file, $size) = @ARGV;
      my $bytes = '';
      while (length $bytes < $size) {
        sysread STDIN, $bytes, $size - length $bytes, length $bytes or exit 74;
      }
      my $dir = '';
      for (split m{/}, $file =~ s{/[^/]*$}{}r) { $dir .= "$_/"; mkdir $dir, 0755; }
      open my $out, '>:raw', "$file.new" or die "$file.new: $!\\n";
      (print {$out} $bytes and close $out) or die "$file.new: $!\\n";
      chmod 0755, "$file.new";
      rename "$file.new", $file or die "$file: $!\\n";
      syswrite STDOUT, "ready\\n";
      exec 'perl', $file, 'serve', '-' or die "perl: $!\\n";
      """;

  private static final String READY = "ready\n";
  private static final Duration ONE_TRY = Duration.ofSeconds(60);

  private final Process process;

  private TartControl(Process process) {
    this.process = process;
  }

  /// What runs in the guest: `sudo perl -e … FILE SIZE`.
  static List<String> words(int size) {
    return List.of("sudo", "perl", "-e", RECEIVE, PROGRAM, Integer.toString(size));
  }

  /// Tries until the guest agent is up.
  ///
  /// @param insistRunning throws when asking again can not help
  static Duplex open(
      Tart tart, String name, byte[] program, Duration deadline, Runnable insistRunning) {
    return Poll.until(
        "the guest agent of " + name + " (`tart exec`)",
        deadline,
        () -> {
          insistRunning.run();
          return Optional.of(tryOnce(tart, name, program));
        });
  }

  private static Duplex tryOnce(Tart tart, String name, byte[] program) throws IOException {
    Process process = tart.exec(name, words(program.length)).start();
    CompletableFuture<String> complaint = read(process.getErrorStream(), Integer.MAX_VALUE);
    try {
      process.getOutputStream().write(program);
      process.getOutputStream().flush();
    } catch (IOException e) {
      // It ended; the answer tells why.
    }
    @Nullable String said = null;
    try {
      said =
          read(process.getInputStream(), READY.length())
              .get(ONE_TRY.toMillis(), TimeUnit.MILLISECONDS);
      if (said.equals(READY)) {
        return new TartControl(process);
      }
      throw new IOException(said + complaint.get(1, TimeUnit.SECONDS).strip());
    } catch (TimeoutException | ExecutionException e) {
      throw new IOException("the guest agent said nothing within " + ONE_TRY.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      if (!READY.equals(said)) {
        process.destroyForcibly();
      }
    }
  }

  private static CompletableFuture<String> read(InputStream stream, int most) {
    CompletableFuture<String> text = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            text.complete(new String(stream.readNBytes(most), StandardCharsets.UTF_8));
          } catch (IOException e) {
            text.complete("");
          }
        });
    return text;
  }

  @Override
  public InputStream in() {
    return process.getInputStream();
  }

  @Override
  public OutputStream out() {
    return process.getOutputStream();
  }

  /// The guest program ends at the end of its input.
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It is gone already.
    }
    process.destroy();
  }
}
