package dev.bakehouse.store;

import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `store.s3` with the SDK it needs, whose thirty jars lie in `lib/s3` beside the program's and not
/// on its class path: there they would slow the start of every command.
final class S3Classes extends URLClassLoader {
  private static final String PACKAGE = "dev.bakehouse.store.s3.";

  /// @param places where the package and the SDK are; all else comes from the program
  S3Classes(List<URL> places) {
    super("s3", places.toArray(URL[]::new), S3Classes.class.getClassLoader());
  }

  /// @throws UserError when the URL or the file is not acceptable, or the SDK is not there
  static BlobStore open(String url, Optional<Path> credentials) {
    try {
      ClassLoader own = S3Classes.class.getClassLoader();
      return sdk(own)
          ? open(own, url, credentials)
          : open(new S3Classes(beside()), url, credentials);
    } catch (IOException | URISyntaxException e) {
      throw missing(e);
    }
  }

  /// The SDK looks for its parts through the thread.
  static BlobStore open(ClassLoader loader, String url, Optional<Path> credentials) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return (BlobStore)
          loader
              .loadClass(PACKAGE + "S3Store")
              .getMethod("of", String.class, Optional.class)
              .invoke(null, url, credentials);
    } catch (InvocationTargetException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw missing(e);
      }
    } catch (ReflectiveOperationException e) {
      throw missing(e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      if (!name.startsWith(PACKAGE)) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? findClass(name) : loaded;
    }
  }

  /// Whether it is on the class path all the same: of a program that knows that it will need it,
  /// whose start-up cache has no classes of other loaders, or of one that was not packed.
  private static boolean sdk(ClassLoader loader) {
    try {
      Class.forName("software.amazon.awssdk.services.s3.S3Client", false, loader);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static List<URL> beside() throws IOException, URISyntaxException {
    Path program =
        Path.of(S3Classes.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<URL> places = new ArrayList<>(List.of(program.toUri().toURL()));
    try (DirectoryStream<Path> jars =
        Files.newDirectoryStream(program.resolveSibling("lib/s3"), "*.jar")) {
      for (Path jar : jars) {
        places.add(jar.toUri().toURL());
      }
    }
    return places;
  }

  private static UserError missing(Exception e) {
    return new UserError(
        "What S3 needs could not be loaded: " + e,
        "Build Bakehouse again: remove its directory `target` and start it.",
        e);
  }
}
