package dev.bakehouse.host;

import dev.bakehouse.config.WebSettings;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Threads;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The page and the metrics of a host, where `host.web` asks for them: looks again and again how
/// the host stands, beside everything else, and keeps the answers ready. Whoever asks gets the last
/// ones, so that no number of them is work for the daemon.
final class Web implements AutoCloseable {
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration MEASURE = Duration.ofMinutes(1);
  private static final Duration AGAIN = Duration.ofSeconds(5);

  private final HostSettings host;
  private final WebSettings settings;
  private final Hypervisor hypervisor;
  private final Consumer<String> say;
  private final CountDownLatch over = new CountDownLatch(1);
  private final StatusFile status;
  private final WebLook look;
  private volatile WebDisk disk = WebDisk.UNKNOWN;
  private volatile @Nullable WebAnswers last;
  private @Nullable WebServer server;

  private Web(
      HostSettings host, WebSettings settings, Hypervisor hypervisor, Consumer<String> say) {
    this.host = host;
    this.settings = settings;
    this.hypervisor = hypervisor;
    this.say = line -> say.accept("Web: " + line);
    this.status = new StatusFile(host);
    this.look = new WebLook(host);
  }

  /// Begins, if it is asked for. A port that is taken is tried until it is free.
  ///
  /// @return ends it
  /// @throws UserError when the address is none of this machine's
  static AutoEnd start(HostSettings host, Hypervisor hypervisor, Consumer<String> say) {
    Optional<WebSettings> settings = host.operations().web();
    if (settings.isEmpty()) {
      return () -> {};
    }
    Web web = new Web(host, settings.get(), hypervisor, say);
    web.begin();
    return web::close;
  }

  /// Ends what was begun.
  interface AutoEnd extends AutoCloseable {
    @Override
    void close();
  }

  private void begin() {
    insistOwnAddress();
    Repeat looking = new Repeat("looking how the host stands", new News(say), this::look);
    Repeat measuring =
        new Repeat(
            "measuring images and templates",
            new News(say),
            () -> disk = WebDisk.of(host, hypervisor));
    Thread _ = Threads.start(() -> looking.until(over, () -> LOOK));
    Thread _ = Threads.start(() -> measuring.until(over, () -> MEASURE));
    News news = new News(say);
    if (!listen(news)) {
      Thread _ = Threads.start(() -> listenLater(news));
    }
  }

  private void look() throws IOException {
    look.now(disk).ifPresent(state -> last = WebAnswers.of(state, status, host.state()));
  }

  private Optional<WebAnswers> answers() {
    return Optional.ofNullable(last).filter(WebAnswers::good);
  }

  private void insistOwnAddress() {
    InetAddress address = settings.listen().getAddress();
    try {
      if (address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null) {
        return;
      }
    } catch (SocketException e) {
      return; // Listening there tells.
    }
    throw new UserError(
        host.file()
            + ": can not listen on `host.web: "
            + settings.text()
            + "`: this machine has no such address now",
        "Write 127.0.0.1 and the port, or an address that `ip address` (macOS: `ifconfig`) shows, or leave `host.web` out.");
  }

  private void listenLater(Consumer<String> news) {
    try {
      while (!over.await(AGAIN.toSeconds(), TimeUnit.SECONDS) && !listen(news)) {
        // It tells why not.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// @return whether nothing is left to be done
  private synchronized boolean listen(Consumer<String> news) {
    if (over.getCount() == 0) {
      return true;
    }
    Set<String> names = new HashSet<>(settings.names());
    names.addAll(List.of(host.name(), HostSettings.hostName()));
    try {
      server = new WebServer(settings.listen(), names, this::answers);
      say.accept("shows how the host stands at http://" + settings.text() + "/");
      return true;
    } catch (IOException e) {
      news.accept(
          "can not listen on `host.web: "
              + settings.text()
              + "`: "
              + e.getMessage()
              + "; jobs go on, and it is tried again every "
              + AGAIN.toSeconds()
              + " s. End what has that port, or choose another one in "
              + host.file());
      return false;
    }
  }

  @Override
  public void close() {
    over.countDown();
    synchronized (this) {
      if (server != null) {
        server.close();
      }
    }
  }
}
