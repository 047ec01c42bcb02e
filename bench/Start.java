import dev.bakehouse.guest.Control;
import dev.bakehouse.guest.Ended;
import dev.bakehouse.guest.Identity;
import dev.bakehouse.guest.RunResult;
import dev.bakehouse.guest.RunSpec;
import dev.bakehouse.guest.Ssh;
import dev.bakehouse.guest.SshKey;
import dev.bakehouse.guest.SshTarget;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.JobRun;
import dev.bakehouse.platform.Directories;
import dev.bakehouse.platform.Poll;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// From nothing to the end of a VM's first command (`true` over SSH), by boot and by resume: Bakehouse's
/// own way, and QEMU started here by a command line written out below. Both end at the same point
/// and speak with the guest by the same client.
final class Start {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Pattern PHASE =
      Pattern.compile("(image|slot|clone|boot|address|connect|command) ([0-9.]+) s");

  private final Path work;
  private final Path image;
  private final HostSettings boot;
  private final HostSettings resume;
  private int count;

  private Start(Path work, Path image) throws IOException {
    this.work = work;
    this.image = image;
    this.boot = settings("boot");
    this.resume = settings("resume");
  }

  public static void main(String[] args) throws Exception {
    Path image = Path.of(args[0]).toAbsolutePath().normalize();
    int runs = Integer.parseInt(args[1]);
    Path work = Files.createTempDirectory("bench");
    try {
      new Start(work, image).run(runs);
    } finally {
      Directories.delete(work);
    }
  }

  private HostSettings settings(String start) throws IOException {
    Path file = work.resolve(start + ".yml");
    Files.writeString(
        file,
        "host: {name: bench, state: %s, images: %s, image: %s}\n"
                .formatted(work.resolve("s"), image.getParent(), image.getFileName())
            + "vm: {hypervisor: qemu, cpus: 1, memory-mb: 1024, disk-gb: 4, start: " + start + "}\n");
    return HostSettings.read(file);
  }

  private void run(int runs) throws Exception {
    ours(resume);
    Path template;
    try (var all = Files.list(work.resolve("s/templates"))) {
      template = all.filter(p -> Files.exists(p.resolve("ram"))).findFirst().orElseThrow();
    }
    List<Double> ourBoot = new ArrayList<>();
    List<Double> bareBoot = new ArrayList<>();
    List<Double> ourResume = new ArrayList<>();
    List<Double> bareResume = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      ourResume.add(ours(resume));
      bareResume.add(bare(template, true));
      ourBoot.add(ours(boot));
      bareBoot.add(bare(template, false));
    }
    say("seconds to the end of the first command, median (all)");
    figure("boot, Bakehouse", ourBoot);
    figure("boot, bare QEMU", bareBoot);
    figure("resume, Bakehouse", ourResume);
    figure("resume, bare QEMU", bareResume);
    goal("resume beside bare QEMU", median(ourResume) / median(bareResume), 1.3);
    goal("resume beside boot", median(ourResume) / median(ourBoot), 0.1);
  }

  /// All phases up to the command's end, as `job run` tells them.
  private static double ours(HostSettings settings) {
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    JobRun.Request request =
        new JobRun.Request(List.of("true"), Optional.empty(), Optional.empty(), List.of(), false, false);
    int status =
        new JobRun(settings, request, new PrintStream(told, true, StandardCharsets.UTF_8)).run();
    String text = told.toString(StandardCharsets.UTF_8);
    if (status != 0) {
      throw new IllegalStateException("job run ended with " + status + ":\n" + text);
    }
    Matcher phase = PHASE.matcher(text.substring(text.lastIndexOf("--- bakehouse: ")));
    double sum = 0;
    while (phase.find()) {
      sum += Double.parseDouble(phase.group(2));
    }
    return sum;
  }

  private double bare(Path template, boolean resume) throws Exception {
    Path dir = Files.createDirectory(work.resolve("b" + ++count));
    long begin = System.nanoTime();
    if (resume) {
      qemuImg("-b", template.resolve("root.qcow2").toString(), "-F", "qcow2", dir + "/root.qcow2");
    } else {
      qemuImg("-b", image.resolve("disk.img").toString(), "-F", "raw", dir + "/root.qcow2", "4G");
    }
    qemuImg("-b", template.resolve("cache.qcow2").toString(), "-F", "qcow2", dir + "/cache.qcow2");
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Process qemu =
        new ProcessBuilder(qemu(template, resume, port))
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("qemu.log").toFile())
            .start();
    try {
      if (resume) {
        resume(dir, template);
      }
      try (SocketChannel channel = connect(dir.resolve("ctl.sock"));
          Control control =
              new Control(Channels.newInputStream(channel), Channels.newOutputStream(channel))) {
        control.hello(LIMIT);
        SshKey login = SshKey.create();
        Identity identity = Identity.fresh("bare", "admin", login);
        control.identify(identity, LIMIT);
        SshTarget target =
            new SshTarget(
                "127.0.0.1",
                port,
                "admin",
                login.save(dir.resolve("key")),
                identity.hostKey().publicLine());
        try (Ssh ssh = Ssh.open(target, List.of(), dir, LIMIT)) {
          RunSpec spec = RunSpec.of("first", "/", "true").env(Map.of("PATH", "/usr/bin")).apart();
          OutputStream none = OutputStream.nullOutputStream();
          RunResult result = ssh.run(spec, none, none, control, LIMIT);
          if (!(result instanceof RunResult.Finished(Ended.Exited(int code)) && code == 0)) {
            throw new IllegalStateException("the first command: " + result);
          }
          return (System.nanoTime() - begin) / 1e9;
        }
      }
    } catch (Exception e) {
      System.err.print(Files.readString(dir.resolve("qemu.log")));
      throw e;
    } finally {
      qemu.destroyForcibly().waitFor();
      Directories.delete(dir);
    }
  }

  private static List<String> qemu(Path template, boolean resume, int port) throws IOException {
    // What Bakehouse found to work: a /dev/kvm that can be opened may still run no guest.
    boolean kvm = Files.readString(template.resolve("template.json")).contains("\"accel\":\"kvm\"");
    String disk = "if=none,format=qcow2,cache=unsafe,discard=unmap";
    String errors = ",werror=enospc,rerror=report";
    String memory = resume ? template.resolve("ram") + ",share=off" : "ram,share=on";
    List<String> argv =
        new ArrayList<>(
            List.of(
                "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
                "-accel", kvm ? "kvm" : "tcg,thread=multi,tb-size=512",
                "-machine", "pc,memory-backend=mem", "-cpu", kvm ? "host" : "Nehalem",
                "-smp", "1", "-m", "1024",
                "-object", "memory-backend-file,id=mem,size=1024M,mem-path=" + memory,
                "-kernel", template.resolve("kernel").toString(),
                "-initrd", template.resolve("initrd").toString(),
                "-append", Files.readString(template.resolve("append")).strip(),
                "-drive", disk + ",id=root,file=root.qcow2",
                "-device", "virtio-blk-pci,drive=root,serial=root" + errors,
                "-drive", disk + ",id=cache,file=cache.qcow2",
                "-device", "virtio-blk-pci,drive=cache,serial=cache" + errors,
                "-netdev",
                "user,id=net0,ipv6=off,restrict=on,net=192.168.127.0/24,host=192.168.127.2,"
                    + "dns=192.168.127.3,dhcpstart=192.168.127.15,"
                    + "hostfwd=tcp:127.0.0.1:" + port + "-192.168.127.15:22",
                "-device", "virtio-net-pci,netdev=net0,romfile=",
                "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
                "-chardev", "socket,id=ctl,path=ctl.sock,server=on,wait=off",
                "-device", "virtserialport,chardev=ctl,name=dev.bakehouse.ctl",
                "-serial", "file:console.log", "-qmp", "unix:qmp.sock,server=on,wait=off",
                "-no-reboot"));
    if (resume) {
      argv.addAll(List.of("-incoming", "defer"));
    }
    return argv;
  }

  private static void resume(Path dir, Path template) throws Exception {
    try (SocketChannel channel = connect(dir.resolve("qmp.sock"))) {
      BufferedReader in =
          new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
      in.readLine();
      ask(channel, in, "{\"execute\":\"qmp_capabilities\"}");
      ask(
          channel,
          in,
          "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":"
              + "[{\"capability\":\"x-ignore-shared\",\"state\":true}]}}");
      ask(
          channel,
          in,
          "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"exec:cat "
              + template.resolve("device.state")
              + "\"}}");
      Poll.until(
          "the resumption",
          LIMIT,
          () ->
              Optional.of(ask(channel, in, "{\"execute\":\"query-status\"}"))
                  .filter(status -> !status.contains("inmigrate")));
      ask(channel, in, "{\"execute\":\"cont\"}");
    }
  }

  private static String ask(SocketChannel channel, BufferedReader in, String line)
      throws IOException {
    Channels.newOutputStream(channel).write((line + "\n").getBytes(StandardCharsets.UTF_8));
    while (true) {
      String answer = in.readLine();
      if (answer == null || answer.contains("\"error\"")) {
        throw new IOException(line + ": " + answer);
      }
      if (answer.contains("\"return\"")) {
        return answer;
      }
    }
  }

  private static SocketChannel connect(Path socket) {
    return Poll.until(
        socket.toString(),
        LIMIT,
        () -> {
          SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
          try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return Optional.of(channel);
          } catch (IOException e) {
            channel.close();
            throw e;
          }
        });
  }

  private static void qemuImg(String... arguments) throws Exception {
    List<String> argv = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
    argv.addAll(List.of(arguments));
    int status = new ProcessBuilder(argv).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IOException(String.join(" ", argv) + " ended with " + status);
    }
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private static void figure(String what, List<Double> values) {
    String all = String.join(" ", values.stream().map(v -> format("%.1f", v)).toList());
    say(format("%-20s %6.1f  (%s)", what, median(values), all));
  }

  private static void goal(String what, double figure, double asked) {
    String met = figure <= asked ? "met" : "missed";
    say(format("goal %s: %.2f (asked %.2f) %s", what, figure, asked, met));
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static void say(String text) {
    System.out.println(text);
  }
}
