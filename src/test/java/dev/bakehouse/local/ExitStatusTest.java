package dev.bakehouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.local.JobFixture.Result;
import dev.bakehouse.local.JobFixture.Step;
import dev.bakehouse.local.JobFixture.Where;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A command in a VM, on QEMU and through the stand-in for Tart, ends as the same agent reports it
/// without one; all are run.
@Tag("vm")
@Tag("agent")
@ExtendWith(JobFixture.Extension.class)
class ExitStatusTest {
  private static final int BIG = 10_000_000;

  private static Map<String, String> commands() {
    Map<String, String> all = new LinkedHashMap<>();
    // First, for it takes longest.
    all.put("big", "head -c " + BIG + " /dev/zero | tr '\\0' x | fold -w 99; echo the-end");
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

  private static Map<String, Result> reference(JobFixture fixture) {
    List<Step> steps = new ArrayList<>();
    commands().forEach((key, command) -> steps.add(new Step(key, command, Map.of(), plain(key))));
    return fixture.run(steps);
  }

  @Test
  void onQemuAsWithoutAVm(JobFixture fixture) {
    compare(fixture, Where.VM, "host-1.");
  }

  @Test
  void onTartAsWithoutAVm(JobFixture fixture) {
    compare(fixture, Where.TART, "host-t.");
  }

  @Test
  void aSubmoduleThatCanNotBeHadIsTheCheckoutsFailureAsWithoutAVm(JobFixture fixture) {
    Map<String, Result> results =
        fixture.run(
            JobFixture.NO_SUBMODULE,
            List.of(
                Step.vm("vm", "echo never"),
                new Step("plain", "echo never", Map.of(), Where.PLAIN)));
    assertThat(results.get("vm").status()).isEqualTo(results.get("plain").status()).isEqualTo("1");
    assertThat(results.get("vm").log())
        .contains("the submodule deps/gone can not be had", "Checkout failed")
        .doesNotContain("infrastructure failure");
  }

  private static void compare(JobFixture fixture, Where where, String agents) {
    assertThat(commands()).hasSizeGreaterThanOrEqualTo(20);
    Map<String, Result> plain = fixture.once("exit statuses", () -> reference(fixture));
    List<Step> steps = new ArrayList<>();
    commands().forEach((key, command) -> steps.add(new Step(key, command, Map.of(), where)));
    Map<String, Result> results = fixture.run(steps);
    SoftAssertions all = new SoftAssertions();
    results.forEach(
        (key, vm) -> {
          String alone = plain.get(key).status();
          System.out.printf("%-12s plain %4s, %s %4s%n", key, alone, where, vm.status());
          String expected = key.equals("exit-125") ? "1" : alone;
          all.assertThat(vm.status()).as("%s:\n%s", key, tail(vm)).isEqualTo(expected);
          all.assertThat(vm.job().agent()).as(key).startsWith(agents);
        });
    logs(key -> results.get(key).log(), all);
    all.assertAll();
  }

  /// What statuses do not tell: the output came whole, the input was empty.
  private static void logs(UnaryOperator<String> log, SoftAssertions all) {
    all.assertThat(log.apply("exit-125"))
        .contains("ended with 125, which agents take for an infrastructure failure");
    all.assertThat(log.apply("no-newline")).contains("no newline at the end");
    all.assertThat(log.apply("unicode")).contains("Grüße, 世界 🍞");
    all.assertThat(log.apply("quotes").replace("\r", ""))
        .contains("a\"b|c'd|e\nf|g\\h|$(no)|`no`|42|");
    all.assertThat(log.apply("newlines")).containsSubsequence("first", "second", "third");
    all.assertThat(log.apply("stdin-cat")).contains("after=0");
    all.assertThat(log.apply("stdin-read")).contains("got= end=1");
    String big = log.apply("big");
    all.assertThat(big.chars().filter(c -> c == 'x').count()).isGreaterThanOrEqualTo(BIG);
    all.assertThat(big.contains("the-end\r\n") || big.contains("the-end\n"))
        .as("the end of 10 MB of output")
        .isTrue();
  }

  private static String tail(Result result) {
    String log = result.log();
    return log.substring(Math.max(0, log.length() - 1000));
  }
}
