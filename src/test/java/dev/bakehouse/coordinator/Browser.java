package dev.bakehouse.coordinator;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/// Chromium without a window, which finds nobody but this machine.
final class Browser implements AutoCloseable {
  final ChromeDriver driver;

  /// @param downloads where files go that are saved
  Browser(Path downloads) {
    Path program = program("chromium");
    Path driverProgram = program("chromedriver");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(program.toFile());
    options.addArguments(
        List.of(
            "--headless=new",
            // Root has no other way, and these are pages of the tests.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"));
    options.setExperimentalOption(
        "prefs", Map.of("download.default_directory", downloads.toString()));
    driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(driverProgram.toFile())
                .withLogFile(new File("/dev/null"))
                .build(),
            options);
    driver.manage().window().setSize(new Dimension(1300, 1000));
  }

  private static Path program(String name) {
    return Programs.find(name)
        .orElseThrow(
            () ->
                new AssertionError("needs " + name + ": apt-get install chromium chromium-driver"));
  }

  void open(String address) {
    driver.get(address);
  }

  /// The first element that there is in the end. A page that draws itself anew may take it away.
  WebElement find(String css) {
    return until(css, () -> all(css).stream().findFirst());
  }

  private List<WebElement> all(String css) {
    return driver.findElements(By.cssSelector(css));
  }

  void click(String css) {
    click(css, "");
  }

  /// Clicks the first element that shows this text in the end.
  void click(String css, String text) {
    boolean _ =
        until(
            "a click on " + css + " of \"" + text + "\"",
            () -> {
              Optional<WebElement> element =
                  all(css).stream().filter(e -> e.getText().contains(text)).findFirst();
              element.ifPresent(WebElement::click);
              return element.map(_ -> true);
            });
  }

  /// What the elements show at one moment.
  List<String> texts(String css) {
    String script =
        """
        const drawn = e => [...e.querySelectorAll('text')].map(t => t.textContent).join(' ');
        return [...document.querySelectorAll(arguments[0])].map(e =>
            e.checkVisibility() ? (e.innerText ?? drawn(e)).replace(/[ \\t]+/g, ' ').trim() : '');
        """;
    return ((List<?>) Objects.requireNonNull(driver.executeScript(script, css)))
        .stream().map(String::valueOf).toList();
  }

  /// Waits for text anywhere in an element.
  void await(String css, String text) {
    try {
      String _ =
          until(
              text + " in " + css,
              () -> texts(css).stream().filter(t -> t.contains(text)).findFirst());
    } catch (Poll.TimedOut e) {
      throw new AssertionError(css + " shows " + texts(css), e);
    }
  }

  private <T> T until(String what, Supplier<Optional<T>> look) {
    return Poll.until(
        what,
        Duration.ofSeconds(60),
        () -> {
          try {
            return look.get();
          } catch (StaleElementReferenceException e) {
            // It was drawn anew meanwhile.
            return Optional.empty();
          }
        });
  }

  String path() {
    String url = String.valueOf(driver.getCurrentUrl());
    return url.substring(url.indexOf('/', "http://".length()));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
