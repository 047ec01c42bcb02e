package dev.bakehouse.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.platform.Self;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/// What launchd and systemd are given. systemd's own check reads its unit; launchd's file is read
/// as a property list.
class ServiceUnitTest {
  @TempDir Path dir;

  private static ServiceUnit unit(Optional<String> user) {
    return new ServiceUnit(
        Path.of("/opt/bakehouse/current/bakehouse"),
        Path.of("/etc/bakehouse/bakehouse.yml"),
        Path.of("/var/lib/bakehouse/host.env"),
        Path.of("/var/lib/bakehouse/host.log"),
        user);
  }

  @Test
  void systemdsUnit() {
    assertThat(unit(Optional.of("ci")).systemd())
        .isEqualTo(
            """
            [Unit]
            Description=Bakehouse host daemon
            Wants=network-online.target
            After=network-online.target
            StartLimitIntervalSec=0

            [Service]
            Type=exec
            ExecStart=/opt/bakehouse/current/bakehouse host run --finish --config /etc/bakehouse/bakehouse.yml
            WorkingDirectory=/etc/bakehouse
            EnvironmentFile=-/var/lib/bakehouse/host.env
            User=ci
            Restart=always
            RestartSec=5
            SuccessExitStatus=143
            KillMode=process
            TimeoutStopSec=7200
            OOMPolicy=continue
            UMask=0077
            StandardOutput=append:/var/lib/bakehouse/host.log
            StandardError=append:/var/lib/bakehouse/host.log

            [Install]
            WantedBy=multi-user.target
            """);
    assertThat(unit(Optional.empty()).systemd())
        .contains("WantedBy=default.target")
        .doesNotContain("User=");
  }

  @Test
  void systemdItselfFindsNothingWrong() throws Exception {
    // A name with all that has a meaning of its own in a unit.
    Path odd = Files.createDirectory(dir.resolve("o d$HOME %n"));
    Path program = Files.writeString(odd.resolve("bakehouse"), "#!/bin/sh\n");
    program.toFile().setExecutable(true);
    ServiceUnit unit =
        new ServiceUnit(
            program,
            odd.resolve("bakehouse.yml"),
            odd.resolve("host.env"),
            odd.resolve("host.log"),
            Optional.empty());
    Path file = Files.writeString(dir.resolve(ServiceUnit.UNIT), unit.systemd());
    Outcome outcome =
        Command.of("systemd-analyze", "verify", "--man=no", "--recursive-errors=no")
            .and(file.toString())
            .merged()
            .run();
    assertThat(outcome.text()).isEmpty();
    assertThat(outcome.status()).isZero();
  }

  @Test
  void launchdsPropertyList() throws Exception {
    Element dict = dict(unit(Optional.empty()).launchd());
    assertThat(text(dict, "Label")).isEqualTo("dev.bakehouse.host");
    assertThat(text(dict, "WorkingDirectory")).isEqualTo("/etc/bakehouse");
    assertThat(text(dict, "LimitLoadToSessionType")).isEqualTo("Aqua");
    assertThat(text(dict, "StandardOutPath")).isEqualTo("/var/lib/bakehouse/host.log");
    assertThat(text(dict, "StandardErrorPath")).isEqualTo("/var/lib/bakehouse/host.log");
    assertThat(text(dict, "ExitTimeOut")).isEqualTo("7200");
    for (String yes : List.of("RunAtLoad", "KeepAlive", "AbandonProcessGroup")) {
      assertThat(value(dict, yes).getTagName()).as(yes).isEqualTo("true");
    }
    assertThat(text(dict(unit(Optional.of("ci")).launchd()), "UserName")).isEqualTo("ci");
  }

  @Test
  void launchdsCommandReadsTheEnvironmentFileAndBecomesTheDaemon() throws Exception {
    Path odd = Files.createDirectory(dir.resolve("o'd & <d>"));
    Path program =
        Files.writeString(
            odd.resolve("bakehouse"), "#!/bin/sh\necho \"$$ $NAMED|$OTHER\" \"$@\"\n");
    program.toFile().setExecutable(true);
    Files.writeString(odd.resolve("host.env"), "# comment\nNAMED=\"a b\"\n");
    ServiceUnit unit =
        new ServiceUnit(
            program,
            odd.resolve("bakehouse.yml"),
            odd.resolve("host.env"),
            odd.resolve("host.log"),
            Optional.empty());
    List<String> argv = new ArrayList<>();
    for (Element word : elements(value(dict(unit.launchd()), "ProgramArguments"))) {
      argv.add(word.getTextContent());
    }
    Process process = Command.of(argv).env("OTHER", "inherited").start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(out.strip())
        .isEqualTo(
            process.pid()
                + " a b|inherited host run --finish --config "
                + odd.resolve("bakehouse.yml"));
  }

  @Test
  void aDryRunPrintsAllAndWritesNothingAndInstallingMakesAFileOfTheOwnersAlone() throws Exception {
    Path file = dir.resolve("bakehouse.yml");
    Files.writeString(file, "host: {state: '" + dir.resolve("state") + "'}\n");
    HostSettings host = HostSettings.read(file);
    List<String> said = new ArrayList<>();
    Service service = new Service(host, false, false, "ci", dir.resolve("home"), said::add);
    service.plan();
    assertThat(String.join("\n", said))
        .contains(".config/systemd/user/bakehouse-host.service (mode 644)")
        .contains("host.env (mode 600)", "PATH=\"")
        .contains("# runs: systemctl --user daemon-reload")
        .contains("# runs: systemctl --user enable --now bakehouse-host.service");
    assertThat(dir.resolve("state")).doesNotExist();
    assertThat(dir.resolve("home")).doesNotExist();

    Service mac = new Service(host, true, true, "ci", dir.resolve("home"), said::add);
    assertThat(mac.starting().toString())
        .isEqualTo(
            "[[launchctl, bootout, system/dev.bakehouse.host],"
                + " [launchctl, bootstrap, system,"
                + " /Library/LaunchDaemons/dev.bakehouse.host.plist]]");
  }

  /// There is no systemd to speak to here: `systemctl` is one that notes what it is asked.
  @Test
  void installingWritesTheUnitOnceAndUninstallingRemovesIt() throws Exception {
    Path home = dir.resolve("home");
    Path state = dir.resolve("state");
    Path bin = Files.createDirectories(dir.resolve("bin"));
    Path noted = dir.resolve("noted");
    Path systemctl =
        Files.writeString(bin.resolve("systemctl"), "#!/bin/sh\necho \"$*\" >>'" + noted + "'\n");
    systemctl.toFile().setExecutable(true);
    Path config = Files.writeString(dir.resolve("b.yml"), "host: {state: '" + state + "'}\n");
    run(home, bin, config, "install");
    Path unit = home.resolve(".config/systemd/user/bakehouse-host.service");
    assertThat(unit).content().contains("ExecStart=", "--config " + config);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(unit)))
        .isEqualTo("rw-r--r--");
    Path environment = state.resolve("host.env");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(environment)))
        .isEqualTo("rw-------");
    String active = "--user is-active --quiet bakehouse-host.service\n";
    assertThat(noted)
        .hasContent(active + "--user daemon-reload\n--user enable --now bakehouse-host.service\n");
    Files.writeString(environment, "AWS_SECRET=x\n");
    Files.delete(noted);

    assertThat(run(home, bin, config, "install"))
        .contains("is there already, and the service runs");
    assertThat(noted).hasContent(active);
    assertThat(environment).hasContent("AWS_SECRET=x\n");
    Files.writeString(unit, "of another release");
    assertThat(run(home, bin, config, "install"))
        .contains("wrote " + unit, "`bakehouse host restart` puts the new file in force");
    run(home, bin, config, "restart");
    run(home, bin, config, "uninstall");
    assertThat(unit).doesNotExist();
    assertThat(noted)
        .content()
        .contains("--user restart bakehouse-host.service")
        .contains("--user disable --now bakehouse-host.service");
  }

  /// Nor a launchd: this one knows the service for some time after it was asked to let go.
  @Test
  void launchdIsGivenTheServiceAgainOnceItHasLetGo() throws Exception {
    Path bin = Files.createDirectories(dir.resolve("bin"));
    Path noted = dir.resolve("noted");
    Path launchctl =
        Files.writeString(
            bin.resolve("launchctl"),
            "#!/bin/sh\necho \"$1\" >>'%1$s'\n[ \"$1\" != print ] || [ $(grep -c print '%1$s') -lt 4 ]\n"
                .formatted(noted));
    launchctl.toFile().setExecutable(true);
    Path config =
        Files.writeString(dir.resolve("b.yml"), "host: {state: '" + dir.resolve("state") + "'}\n");
    assertThat(run(dir.resolve("home"), bin, config, "install", "-Dos.name=Mac OS X"))
        .contains("Library/LaunchAgents");
    assertThat(noted).hasContent("print\nbootout\nprint\nprint\nprint\nbootstrap\n");
  }

  private static String run(Path home, Path bin, Path config, String verb, String... java) {
    List<String> options = new ArrayList<>(List.of(java));
    options.add("-Duser.home=" + home);
    List<String> argv = new ArrayList<>(Self.argv(options, "host", verb, "--user"));
    argv.addAll(List.of("--config", config.toString()));
    return Command.of(argv).env("PATH", bin + ":" + System.getenv("PATH")).check().text();
  }

  private static Element dict(String plist) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    Document document =
        factory
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(plist.getBytes(StandardCharsets.UTF_8)));
    assertThat(document.getDocumentElement().getTagName()).isEqualTo("plist");
    Element dict = elements(document.getDocumentElement()).getFirst();
    List<Element> all = elements(dict);
    assertThat(all.size() % 2).isZero();
    for (int n = 0; n < all.size(); n += 2) {
      assertThat(all.get(n).getTagName()).isEqualTo("key");
      assertThat(all.get(n + 1).getTagName()).isIn("string", "array", "true", "integer");
    }
    return dict;
  }

  private static Element value(Element dict, String key) {
    List<Element> all = elements(dict);
    for (int n = 0; n < all.size(); n += 2) {
      if (all.get(n).getTextContent().equals(key)) {
        return all.get(n + 1);
      }
    }
    throw new AssertionError("no " + key);
  }

  private static String text(Element dict, String key) {
    return value(dict, key).getTextContent();
  }

  private static List<Element> elements(Element parent) {
    List<Element> all = new ArrayList<>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element) {
        all.add(element);
      }
    }
    return all;
  }
}
