package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
import dev.bakehouse.platform.Self;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The job's environment arrives byte for byte, and the host's does not arrive.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class EnvironmentTest {
  /// What every Unix process has of its own, or the guest's job user gets.
  private static final Set<String> ORDINARY =
      Set.of(
          "HOME",
          "PATH",
          "USER",
          "LOGNAME",
          "SHELL",
          "LANG",
          "PWD",
          "OLDPWD",
          "SHLVL",
          "TERM",
          "_",
          "PAGER",
          "GIT_PAGER",
          "CI");

  private static Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("V_EMPTY", "");
    values.put("V_SPACES", "  two  spaces\tand a tab ");
    values.put("V_QUOTES", "a\"b'c`d\"'");
    values.put("V_LINES", "\nfirst\n\nsecond\r\nlast\n\n");
    values.put("V_UNICODE", "Grüße, 世界 🍞 \u0000".replace("\u0000", "e\u0301"));
    values.put("V_DOLLAR", "$HOME ${PATH} $(id) $$ $1 `id` !!");
    values.put("V_BACKSLASH", "\\n \\\\ \\t \\\" \\u0041 \\");
    values.put("V_EQUALS", "a=b=c");
    values.put("V_BIG", "0123456789abcdefghijklmnopqrstuvwxyz \"'$\\\n".repeat(2400));
    return values;
  }

  @Test
  void valuesArriveAndTheHostsDoNot(JobFixture fixture) throws Exception {
    Map<String, String> values = values();
    assertThat(values.get("V_BIG").length()).isBetween(100_000, 120_000);
    String command =
        """
        for name in ${!V_@}; do
          printf '%s:%s\\n' "$name" "$(printf %s "${!name}" | sha256sum | cut -c1-64)"
        done
        echo "home:$HOME"
        echo "path:$PATH"
        echo "tmp:${TMPDIR-none}"
        echo "names:$(compgen -e | tr '\\n' ' ')"
        """;
    Result result =
        fixture.run(List.of(new Step("values", command, values, Where.VM))).get("values");
    assertThat(result.status()).as(result.log()).isEqualTo("0");
    List<String> lines = result.log().lines().map(String::strip).toList();
    List<String> expected = new ArrayList<>();
    for (Map.Entry<String, String> value : values.entrySet()) {
      byte[] bytes = value.getValue().getBytes(StandardCharsets.UTF_8);
      expected.add(value.getKey() + ":" + sha256(bytes));
    }
    assertThat(lines).containsAll(expected).contains("home:/home/admin", "tmp:none");
    assertThat(line(lines, "path:")).startsWith("/usr/local/bin:").doesNotContain("/root/");
    Set<String> host = new TreeSet<>(System.getenv().keySet());
    host.removeAll(ORDINARY);
    host.removeIf(name -> name.startsWith("BUILDKITE_"));
    assertThat(host).as("variables only the host has").isNotEmpty();
    assertThat(line(lines, "names:").split(" "))
        .contains("V_BIG")
        .doesNotContainAnyElementsOf(host);
  }

  /// Whoever writes a pipeline chooses a job's variables; on the host they are data.
  @Test
  void theHostsProgramsHeedNoVariableOfAJob(JobFixture fixture, @TempDir Path temporary)
      throws Exception {
    Path marks = Files.createDirectory(temporary.resolve("marks"));
    Path programs = Files.createDirectory(temporary.resolve("programs"));
    for (String program : List.of("git", "ssh", "perl", "qemu-img", "buildkite-agent")) {
      Path fake = Files.writeString(programs.resolve(program), "#!/bin/sh\n: >" + marks + "/$0\n");
      Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Map<String, String> env = new HashMap<>();
    env.put("PATH", programs + ":/usr/local/bin:/usr/bin:/bin");
    env.put("JAVA_TOOL_OPTIONS", "-Xlog:gc:file=" + marks + "/java");
    env.put("JDK_JAVA_OPTIONS", "-Xlog:gc:file=" + marks + "/jdk");
    env.put("PERL5OPT", "-Mstrict;open(M,q(>" + marks + "/perl))");
    env.put("GIT_TRACE", marks + "/git");
    env.put("GIT_CONFIG_PARAMETERS", "'core.fsmonitor=touch " + marks + "/fsmonitor'");
    env.put("HOME", "/nonexistent");
    env.put("TMPDIR", "/nonexistent");
    env.put("BAKEHOUSE_CONFIG", "/nonexistent");
    env.put("BAKEHOUSE_JOB_ENVIRONMENT", "0");
    String command = "printf 'java<%s> perl<%s>' \"$JAVA_TOOL_OPTIONS\" \"$PERL5OPT\"";
    Result result =
        fixture.run(List.of(new Step("hostile", command, env, Where.VM))).get("hostile");
    assertThat(result.status()).as(result.log()).isEqualTo("0");
    assertThat(result.log())
        .contains("java<" + env.get("JAVA_TOOL_OPTIONS") + "> perl<" + env.get("PERL5OPT") + ">");
    assertThat(marks).isEmptyDirectory();
  }

  @Test
  void aJobWithVariablesOfTheLoaderIsRefused(JobFixture fixture) {
    Map<String, String> env = Map.of("LD_PRELOAD", "/nonexistent.so");
    Result result = fixture.run(List.of(new Step("loader", "true", env, Where.VM))).get("loader");
    assertThat(result.status()).isNotEqualTo("0");
    assertThat(result.log()).doesNotContain("bakehouse: slot").doesNotContain("LD_PRELOAD");
  }

  /// An agent takes its jobs as JSON, so no byte that is not text gets through it. The bootstrap by
  /// itself, as the command of a job on the host, has none of that in its way.
  @Test
  void everyByteAVariableMayHoldArrives(JobFixture fixture, @TempDir Path temporary)
      throws Exception {
    byte[] bytes = new byte[255];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i + 1);
    }
    Path names = fixture.dir().resolve("raw.env");
    Files.writeString(names, "RAW=\"\"\n");
    String inner = "perl -e 'print $ENV{RAW}' | sha256sum; echo unnamed=${UNNAMED-none}";
    // A host's PATH may have relative entries, which perl would refuse.
    Path agent = fixture.hostConfig().resolveSibling("agents/0");
    Path script = Files.copy(agent.resolve("bootstrap.pl"), temporary.resolve("bootstrap.pl"));
    String list = Files.readString(agent.resolve("bootstrap.list"));
    String path = "PATH=" + System.getenv("PATH");
    assertThat(list).contains("\0" + path + "\0");
    Files.writeString(
        temporary.resolve("bootstrap.list"),
        list.replace("\0" + path + "\0", "\0" + path + ":bin\0"));
    Map<String, String> env = Map.of("INNER", inner, "NAMES", names.toString());
    String command =
        "perl -e '$ENV{RAW} = pack(\"C*\", 1..255); $ENV{UNNAMED} = \"yes\";"
            + " $ENV{BUILDKITE_COMMAND} = $ENV{INNER};"
            + " $ENV{BUILDKITE_ENV_FILE} = $ENV{NAMES}; exec @ARGV' "
            + Self.shellWords(List.of("perl", "-T", script.toString()));
    Result result = fixture.run(List.of(new Step("raw", command, env, Where.PLAIN))).get("raw");
    assertThat(result.status()).as(result.log()).isEqualTo("0");
    assertThat(result.log()).contains(sha256(bytes)).contains("unnamed=none");
  }

  private static String line(List<String> lines, String prefix) {
    return lines.stream()
        .filter(l -> l.startsWith(prefix))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no line " + prefix))
        .substring(prefix.length());
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
