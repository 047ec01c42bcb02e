package dev.bakehouse.host;

import dev.bakehouse.cache.CacheRun;
import dev.bakehouse.job.JobRecord;
import dev.bakehouse.platform.Self;
import dev.bakehouse.vm.Quarantine;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// How a host stands, for people: one page of HTML that needs nothing else.
final class WebPage {
  /// As it stands in the page, for its digest in the policy that the page is sent with.
  static final String STYLE =
      """
      :root { color-scheme: light dark; --line: #d0d4d9; --soft: #5c6670; --good: #1a7f37; --bad: #c62828; --busy: #0b62c4; }
      @media (prefers-color-scheme: dark) { :root { --line: #3a4149; --soft: #9aa4ae; --good: #4cc36a; --bad: #ff7b72; --busy: #6cb2ff; } }
      body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 72rem; overflow-wrap: anywhere; }
      h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
      h2 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
      p { margin: .25rem 0; }
      table { border-collapse: collapse; width: 100%; }
      th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
      th { font-weight: 600; color: var(--soft); font-size: .85rem; }
      code { font-size: .9em; }
      .soft { color: var(--soft); font-size: .9rem; }
      .good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); }
      @media (max-width: 40rem) {
        thead { display: none; }
        tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); }
        td { display: block; padding: 0; border: 0; }
      }
      """;

  private static final int JOBS = 20;
  private static final int CACHES = 20;

  private final Html html = new Html();
  private final WebState state;
  private final Path directory;

  private WebPage(WebState state, Path directory) {
    this.state = state;
    this.directory = directory;
  }

  /// @param directory the host's state directory, for the commands it names
  static String of(WebState state, Path directory) {
    WebPage page = new WebPage(state, directory);
    page.head();
    page.slots();
    page.images();
    page.quarantine();
    page.jobs();
    page.caches();
    page.room();
    return page.html.tag("</body></html>\n").toString();
  }

  private void head() {
    HostStatus status = state.status();
    html.tag("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>")
        .tag("<meta name=viewport content=\"width=device-width, initial-scale=1\">")
        .tag("<meta http-equiv=refresh content=5>")
        .element("title", status.host())
        .tag("<style>" + STYLE + "</style></head><body>\n")
        .element("h1", status.host());
    if (!status.away().isEmpty()) {
      html.tag("<p class=bad>").text("No agents: " + status.away()).tag("</p>");
    }
    html.tag(status.ready() ? "<p class=good>" : "<p class=bad>")
        .text((status.ready() ? "" : "Not ready: ") + status.reason())
        .tag("</p><p class=soft>")
        .text(waits())
        .tag("</p>\n");
  }

  private String waits() {
    Map<String, Integer> vms = state.vms();
    return "Jobs that wait for a VM slot: "
        + state.waiting()
        + " · VMs on standby: "
        + vms.getOrDefault("standby", 0)
        + " · VMs of jobs: "
        + vms.getOrDefault("job", 0)
        + " · cache volumes on their way to the store: "
        + state.unsaved()
        + (state.failures() == 0 ? "" : " · infrastructure failures in a row: " + state.failures());
  }

  private void slots() {
    table("Slots", "Slot", "Agent", "Does", "Job", "Since");
    for (HostStatus.Agent agent : state.status().agents()) {
      Optional<JobRecord> job = Optional.ofNullable(state.running().get(agent.job()));
      html.tag("<tr>")
          .element("td", String.valueOf(agent.slot()))
          .element("td", agent.name())
          .tag("<td><span class=" + tone(agent.state()) + ">")
          .text(agent.state())
          .tag("</span>");
      note("not registered: ", agent.refusal());
      note("the last one ", agent.trouble());
      html.tag("</td><td>").text(job.map(WebPage::name).orElse(agent.job()));
      job.ifPresent(each -> note("", agent.job() + " in " + each.image()));
      html.tag("</td>")
          .element("td class=soft", ago(job.map(JobRecord::began).orElse(agent.since())))
          .tag("</tr>\n");
    }
    html.tag("</table>\n");
  }

  private void images() {
    table("Images", "Image", "Stands", "Why", "Versions");
    for (HostStatus.Image image : state.status().images()) {
      html.tag("<tr>")
          .element(
              "td",
              image.offered()
                  + (image.name().equals(image.offered()) ? "" : ", here " + image.name()))
          .element("td class=" + tone(image.state()), image.state())
          .element("td", image.reason())
          .element(
              "td class=soft",
              shown("bootstrap ", image.bootstrapVersion())
                  + shown(" version ", image.bunVersion()))
          .tag("</tr>\n");
    }
    html.tag("</table>\n");
  }

  private void quarantine() {
    if (state.quarantine().isEmpty()) {
      return;
    }
    table("Quarantine", "VM", "Why", "Until", "Way in, on the host");
    for (Quarantine.Entry entry : state.quarantine()) {
      String ssh =
          Self.shellWords(
              List.of("bakehouse", "vm", "ssh", entry.vm(), "--state", directory.toString()));
      html.tag("<tr>").element("td", entry.vm()).tag("<td>").text(entry.why());
      note("job ", entry.job());
      html.tag("</td>")
          .element("td class=soft", entry.until())
          .tag("<td>")
          .element("code", ssh)
          .tag("</td></tr>\n");
    }
    html.tag("</table>\n");
  }

  private void jobs() {
    if (state.jobs().isEmpty()) {
      return;
    }
    table("Last jobs", "Job", "Ended", "Took", "Phases, in seconds");
    for (JobRecord job : state.jobs().stream().limit(JOBS).toList()) {
      html.tag("<tr><td>").text(name(job));
      note("", job.id() + " in " + job.image());
      html.tag("</td><td><span class=" + tone(job.outcome()) + ">")
          .text(job.outcome() + shown(" in ", job.phase()))
          .tag("</span>");
      note("", ago(job.ended()) + " ago");
      html.tag("</td>")
          .element("td", job.took().map(WebPage::words).orElse(""))
          .element("td class=soft", phases(job))
          .tag("</tr>\n");
    }
    html.tag("</table>\n");
  }

  private static String phases(JobRecord job) {
    return job.phases().entrySet().stream()
            .map(e -> e.getKey() + " " + String.format(Locale.ROOT, "%.1f", e.getValue()))
            .collect(Collectors.joining(" · "))
        + shown(" · VM by ", job.vm());
  }

  private void caches() {
    List<CacheRun> runs =
        state.jobs().stream()
            .flatMap(job -> job.caches().stream())
            .sorted(Comparator.comparing(CacheRun::ended).reversed())
            .limit(CACHES)
            .toList();
    if (runs.isEmpty()) {
      return;
    }
    table("Caches of the last jobs", "Step", "Cache", "Hits", "From");
    for (CacheRun run : runs) {
      html.tag("<tr>")
          .element("td", run.pipeline() + " #" + run.number() + " " + run.step())
          .element("td", run.kind())
          .element("td", hits(run))
          .tag("<td class=soft>")
          .text(run.from());
      note("", run.cause());
      html.tag("</td></tr>\n");
    }
    html.tag("</table>\n");
  }

  private static String hits(CacheRun run) {
    return run.rate().isEmpty()
        ? "nothing was asked"
        : String.format(
            Locale.ROOT,
            "%.0f %%, %d of %d",
            run.rate().getAsDouble() * 100,
            run.hits(),
            run.hits() + run.misses());
  }

  private void room() {
    WebDisk disk = state.disk();
    html.element("h2", "Disk")
        .tag("<p>")
        .text(
            disk.known()
                ? things("images", disk.images()) + " · " + things("templates", disk.templates())
                : "not measured yet")
        .tag("</p>\n");
    disk.systems()
        .forEach(
            (of, room) ->
                html.tag("<p>")
                    .text("file system of " + of + ": ")
                    .text(gigabytes(room.free()) + " free of " + gigabytes(room.total()))
                    .tag("</p>\n"));
    html.tag("<p class=soft>")
        .text("Looked at " + state.status().checked() + " · bakehouse " + Self.version())
        .text(" · process " + state.status().daemon().split(" ")[0])
        .tag("</p>\n");
  }

  private void table(String title, String... columns) {
    html.element("h2", title).tag("<table><thead><tr>");
    List.of(columns).forEach(column -> html.element("th", column));
    html.tag("</tr></thead>\n");
  }

  /// A line below what stands in a cell, unless it is empty.
  private void note(String before, String text) {
    if (!text.isEmpty()) {
      html.tag("<div class=soft>").text(before + text).tag("</div>");
    }
  }

  private static String name(JobRecord job) {
    return job.pipeline() + " #" + job.build() + shown(" ", job.step());
  }

  private static String shown(String before, String text) {
    return text.isEmpty() ? "" : before + text;
  }

  private static String tone(String word) {
    return switch (word) {
      case "ready", "passed", "idle" -> "good";
      case "busy" -> "busy";
      case "failed", "infrastructure", "missing", "damaged", "unfit" -> "bad";
      default -> "soft";
    };
  }

  private String ago(String when) {
    try {
      return words(Duration.between(Instant.parse(when), state.at()));
    } catch (DateTimeException e) {
      return "";
    }
  }

  private static String words(Duration time) {
    long seconds = Math.max(0, time.truncatedTo(ChronoUnit.SECONDS).toSeconds());
    return seconds < 60
        ? seconds + " s"
        : seconds < 3600
            ? seconds / 60 + " min " + seconds % 60 + " s"
            : seconds / 3600 + " h " + seconds / 60 % 60 + " min";
  }

  private static String things(String what, WebDisk.Things things) {
    return what + ": " + things.count() + ", " + gigabytes(things.bytes());
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }
}
