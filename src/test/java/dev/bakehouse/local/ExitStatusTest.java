package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A command in a VM ends as the same agent reports it without one; both are run.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class ExitStatusTest {
  private static final int BIG = 10_000_000;

  private static Map<String, String> commands() {
    Map<String, String> all = new LinkedHashMap<>();
    for (int status : List.of(0, 1, 7, 125, 126, 127, 141, 255)) {
      all.put("exit-" + status, "exit " + status);
    }
    for (String signal : List.of("TERM", "KILL", "SEGV")) {
      all.put("killed-" + signal, "kill -" + signal + " $$");
    }
    all.put("child-killed", "sh -c 'kill -KILL $$'");
    all.put("not-found", "no-such-program-anywhere");
    all.put("stdin-cat", "cat; echo after=$?");
    all.put("stdin-read", "read x || echo got=\"$x\" end=$?");
    all.put("big", "head -c " + BIG + " /dev/zero | tr '\\0' x | fold -w 99; echo the-end");
    all.put("no-newline", "printf 'no newline at the end'; exit 3");
    all.put(
        "quotes",
        "printf '%s|' 'a\"b' \"c'd\" \"$(printf 'e\\nf')\" 'g\\h' '$(no)' '`no`' \"$((6*7))\"; exit 4");
    all.put("newlines", "echo first\necho second\n\necho third; exit 5");
    all.put("unicode", "echo 'Grüße, 世界 🍞'; [ \"$(printf 'ß' | wc -c)\" = 2 ] && exit 6");
    all.put("background", "sleep 120 >/dev/null 2>&1 </dev/null & echo left; exit 8");
    all.put("pipe", "yes | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}");
    return all;
  }

  private static Where plain(String key) {
    return key.startsWith("stdin") ? Where.PLAIN_WITHOUT_TERMINAL : Where.PLAIN;
  }

  @Test
  void statusesAreThoseOfTheSameAgentWithoutAVm(JobFixture fixture) {
    Map<String, String> commands = commands();
    assertThat(commands).hasSizeGreaterThanOrEqualTo(20);
    List<Step> steps = new ArrayList<>();
    commands.forEach(
        (key, command) -> {
          steps.add(Step.vm(key, command));
          steps.add(new Step("plain-" + key, command, Map.of(), plain(key)));
        });
    Map<String, Result> results = fixture.run(steps);
    SoftAssertions all = new SoftAssertions();
    for (String key : commands.keySet()) {
      Result vm = results.get(key);
      Result plain = results.get("plain-" + key);
      String expected = key.equals("exit-125") ? "1" : plain.status();
      System.out.printf("%-20s VM %4s, plain %4s%n", key, vm.status(), plain.status());
      all.assertThat(vm.status()).as("%s; its log:\n%s", key, tail(vm.log())).isEqualTo(expected);
      all.assertThat(vm.job().agent()).as(key).startsWith("host-1.");
    }
    all.assertThat(results.get("exit-125").log())
        .contains("ended with 125, which agents take for an infrastructure failure");
    all.assertThat(results.get("no-newline").log()).contains("no newline at the end");
    all.assertThat(results.get("unicode").log()).contains("Grüße, 世界 🍞");
    all.assertThat(results.get("quotes").log().replace("\r", ""))
        .contains("a\"b|c'd|e\nf|g\\h|$(no)|`no`|42|");
    all.assertThat(results.get("newlines").log()).containsSubsequence("first", "second", "third");
    all.assertThat(results.get("stdin-cat").log()).contains("after=0");
    all.assertThat(results.get("stdin-read").log()).contains("got= end=1");
    String big = results.get("big").log();
    all.assertThat(big.chars().filter(c -> c == 'x').count()).isGreaterThanOrEqualTo(BIG);
    all.assertThat(big.contains("the-end\r\n") || big.contains("the-end\n"))
        .as("the end of 10 MB of output")
        .isTrue();
    all.assertAll();
  }

  private static String tail(String log) {
    return log.substring(Math.max(0, log.length() - 1000));
  }
}
