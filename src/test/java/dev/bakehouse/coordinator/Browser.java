package dev.bakehouse.coordinator;

import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.Programs;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

  /// The first element that there is in the end.
  WebElement find(String css) {
    return until(css, () -> driver.findElements(By.cssSelector(css)).stream().findFirst());
  }

  List<String> texts(String css) {
    return driver.findElements(By.cssSelector(css)).stream().map(WebElement::getText).toList();
  }

  /// Waits for text anywhere in an element.
  void await(String css, String text) {
    String _ =
        until(
            text + " in " + css + ", where stands " + texts(css),
            () -> texts(css).stream().filter(t -> t.contains(text)).findFirst());
  }

  <T> T until(String what, Supplier<Optional<T>> look) {
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
