package dev.bakehouse.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bakehouse.Mutations;
import dev.bakehouse.platform.Command;
import dev.bakehouse.platform.Outcome;
import dev.bakehouse.tests.TestRun.Failing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `bakehouse-shard` reads in JUnit XML of several runners, and in what is none.
class JunitTest {
  private static final String SUREFIRE =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="a.B" time="1,002.5" tests="4" errors="0" skipped="1" failures="1">
        <properties><property name="x" value="&lt;testcase name='no'/&gt;"/></properties>
        <testcase name="fine" classname="a.B" time="0.25"/>
        <testcase name="shaky" classname="a.B" time="0.5">
          <flakyFailure message="m" type="T"><stackTrace><![CDATA[</testcase><failure/>]]></stackTrace></flakyFailure>
          <flakyError type="T"/>
        </testcase>
        <testcase name="broken &quot;1&#x20;&gt; 0&quot;" classname="a.B" time="0.25">
          <failure message="a > b" type="T"><![CDATA[ at <testcase name="no"> ]]></failure>
          <rerunFailure type="T"/><system-out><!-- </testcase> --></system-out>
        </testcase>
        <testcase name="left" classname="a.B" time="0"><skipped/></testcase>
      </testsuite>
      """;

  private static final String BUN =
      """
      <testsuites name="bun test" tests="3" failures="1" time="9">
        <testsuite name="test/a.test.ts" file="test/a.test.ts" tests="3" time="2.5">
          <testsuite name="outer" file="test/a.test.ts" line="3" time="2">
            <testcase name="one" classname="outer" time="1.5" file="test/a.test.ts" line="4" />
          </testsuite>
          <testcase name="two" classname="" time="0.25" file="./test/a.test.ts"><failure type="AssertionError" /></testcase>
        </testsuite>
      </testsuites>
      """;

  private static final String PYTEST =
      """
      <testsuites><testsuite name="pytest" time="3">
      <testcase classname="tests.test_x.TestY" name="test_a[1]" time="0.001" />
      <testcase classname="tests.test_x" name="test_b" time="1e-1"><error message="at setup"/></testcase>
      <testcase classname="tests.test_x" name="test_b" time="0.1" />
      </testsuite></testsuites>
      """;

  @TempDir private Path dir;

  private Outcome results(int status, String... globs) {
    List<String> argv =
        ShardTool.results(status, dir.toString(), dir + "/none", String.join("\n", globs));
    return Command.of(argv).deadline(Duration.ofSeconds(60)).run();
  }

  private TestNotes notes(int status, String xml) throws IOException {
    Files.writeString(dir.resolve("r.xml"), xml);
    Outcome outcome = results(status, "r.xml");
    assertThat(outcome.complaint()).as("errors").isEqualTo(outcome.text());
    assertThat(outcome.ok()).isTrue();
    return TestNotes.parse(outcome.text());
  }

  @Test
  void whatSurefireWrites() throws IOException {
    TestNotes notes = notes(1, SUREFIRE);
    assertThat(notes.times()).isEqualTo(Map.of("a.B", 1_002_500));
    assertThat(notes.flaky()).containsExactly(new Failing("a.B", "shaky", 2));
    assertThat(notes.failed()).containsExactly(new Failing("a.B", "broken \"1 > 0\"", 2));
    assertThat(notes.warnings()).isEmpty();
  }

  @Test
  void whatBunWrites() throws IOException {
    TestNotes notes = notes(1, BUN);
    assertThat(notes.times()).isEqualTo(Map.of("test/a.test.ts", 2250));
    assertThat(notes.failed()).containsExactly(new Failing("test/a.test.ts", "two", 1));
    assertThat(notes.warnings()).isEmpty();
  }

  /// Told twice, failed and passed, it is flaky if the whole passed; else nobody knows.
  @Test
  void whatPytestWrites() throws IOException {
    TestNotes notes = notes(0, PYTEST);
    assertThat(notes.times()).isEqualTo(Map.of("tests.test_x.TestY", 1, "tests.test_x", 200));
    assertThat(notes.flaky()).containsExactly(new Failing("tests.test_x", "test_b", 1));
    assertThat(notes.failed()).isEmpty();
    assertThat(notes(1, PYTEST).failed()).containsExactly(new Failing("tests.test_x", "test_b", 1));
  }

  @Test
  void filesAreFoundByGlobs() throws IOException {
    for (String file :
        List.of("a/b/TEST-1.xml", "a/TEST-2.xml", "a/.hidden/TEST-3.xml", "a/4.xml")) {
      Path at = dir.resolve(file);
      Files.createDirectories(at.getParent());
      Files.writeString(at, "<testsuite><testcase name='x' classname='" + file + "'/></testsuite>");
    }
    Files.createSymbolicLink(dir.resolve("a/loop"), dir);
    assertThat(TestNotes.parse(results(0, "a/**/TEST-?.xml", "a/*.xml").text()).times())
        .containsOnlyKeys("a/b/TEST-1.xml", "a/TEST-2.xml", "a/4.xml");
    assertThat(TestNotes.parse(results(0, "b/*.xml", "a").text()).times()).isEmpty();
  }

  @Test
  void whatIsNoWholeXmlIsToldAndCostsNothing() throws IOException {
    TestNotes cut = notes(1, SUREFIRE.substring(0, SUREFIRE.indexOf("<rerunFailure")));
    assertThat(cut.failed()).containsExactly(new Failing("a.B", "broken \"1 > 0\"", 1));
    assertThat(cut.warnings()).singleElement().asString().contains("r.xml is no whole JUnit XML");
    StringBuilder laughs = new StringBuilder("<!DOCTYPE t [<!ENTITY a0 'ha'>");
    for (int i = 1; i < 30; i++) {
      laughs.append("<!ENTITY a%d '&a%d;&a%d;'>".formatted(i, i - 1, i - 1));
    }
    laughs.append(
        "<!ENTITY f SYSTEM 'file:///etc/passwd'>]><testsuite><testcase classname='&f;' name='&a29;'>");
    laughs.append("<failure/></testcase></testsuite>");
    assertThat(notes(1, laughs.toString()).failed())
        .containsExactly(new Failing("&f;", "&a29;", 1));
    String deep = "<testsuite name='s'>".repeat(100_000);
    assertThat(notes(0, deep).warnings()).hasSize(1);
    assertThat(notes(0, deep + "</testsuite>".repeat(100_000)).warnings()).isEmpty();
    assertThat(notes(0, "<testcase a='").warnings()).hasSize(1);
    String bad =
        "<testsuite><testcase name='n&#9;1\n2' classname='c&#x0a;time&#9;1' time='1e9999'/></testsuite>";
    assertThat(notes(0, bad).times()).isEqualTo(Map.of("c time 1", 0));
    String huge = "<testsuite>" + " ".repeat(17 << 20) + "</testsuite>";
    assertThat(notes(0, huge).warnings()).singleElement().asString().contains("too large");
    Files.write(dir.resolve("r.xml"), PYTEST.getBytes(StandardCharsets.UTF_16));
    assertThat(TestNotes.parse(results(0, "r.xml").text()).times()).isEmpty();
  }

  /// Whatever lies there, it ends soon and well, and the host understands each line.
  @Test
  void mutationsEndWell() throws IOException {
    Random random = new Random(6);
    List<String> seeds = List.of(SUREFIRE, BUN, PYTEST);
    Path all = Files.createDirectories(dir.resolve("all"));
    for (int i = 0; i < 2000; i++) {
      byte[] seed = seeds.get(i % seeds.size()).getBytes(StandardCharsets.UTF_8);
      Files.write(all.resolve(i + ".xml"), Mutations.of(seed, random));
    }
    Outcome outcome = results(1, "all/*.xml");
    assertThat(outcome.err()).asString().isEmpty();
    assertThat(outcome.ok()).isTrue();
    assertThat(new String(outcome.out(), StandardCharsets.ISO_8859_1).split("\n"))
        .allMatch(
            line ->
                line.matches(
                    "(?s)time\t[0-9]+\t[^\t]*|(failed|flaky)\t[0-9]+\t[^\t]*\t[^\t]*|warning\t[^\t]*"));
  }
}
