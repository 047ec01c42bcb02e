package dev.bakehouse.image;

import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/// The images of this host: `ROOT/NAME/…`. An image is there whole or not at all: it is made in
/// `ROOT/.work` under the image's lock and appears by rename.
public final class ImageStore {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}");
  private static final JsonMapper JSON = new JsonMapper();
  static final String RECORD = "image.json";
  private static final List<String> FILES =
      List.of("disk.img", "config.json", "nvram.bin", "manifest.json");

  /// Manifest of the image that one was built from: its push leaves out what that one has.
  static final String PARENT = "parent.json";

  private static final String PINNED = "pinned";
  private static final String USED = "used";

  private final Path root;

  public ImageStore(Path root) {
    this.root = root;
  }

  public Path root() {
    return root;
  }

  public Optional<LocalImage> find(String name) {
    Path directory = root.resolve(checked(name));
    try {
      byte[] json = Files.readAllBytes(directory.resolve(RECORD));
      Path used = directory.resolve(USED);
      FileTime time =
          Files.getLastModifiedTime(Files.exists(used) ? used : directory.resolve(RECORD));
      return Optional.of(
          new LocalImage(
              name,
              directory,
              JSON.readValue(json, ImageRecord.class),
              Files.exists(directory.resolve(PINNED)),
              time.toInstant()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw Trees.failed("read the image " + name + " in " + root, e);
    }
  }

  /// @throws UserError when there is no such image
  public LocalImage get(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new UserError(
                    "There is no image `" + name + "` in " + root,
                    "`bakehouse image list` shows what there is, `image ensure` gets one."));
  }

  public List<LocalImage> list() {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(root)) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> NAME.matcher(name).matches())
          .sorted()
          .flatMap(name -> find(name).stream())
          .toList();
    } catch (IOException e) {
      throw Trees.failed("list the images in " + root, e);
    }
  }

  /// Notes that an image is being used, for [Prune].
  public void touch(String name) {
    Path used = get(name).directory().resolve(USED);
    try {
      Files.writeString(used, Instant.now() + "\n");
    } catch (IOException e) {
      throw Trees.failed("note the use of the image " + name, e);
    }
  }

  /// One process at a time works on an image's name; others wait here.
  public ExclusiveLock lock(String name, Runnable waiting) {
    return ExclusiveLock.on(work(name + ".lock"), waiting);
  }

  /// A place to make an image in; the caller holds its [#lock]. What a killed process left there is
  /// removed.
  public Draft draft(String name) {
    return new Draft(this, name, work(name + ".partial"));
  }

  /// Takes in a directory with `disk.img`, `config.json` and perhaps `nvram.bin`. Files are shared
  /// where the file system allows, so the directory is not to be written to afterwards.
  ///
  /// @param source what `image list` shows as its origin
  public LocalImage adopt(String name, Path directory, Map<String, String> labels, String source) {
    try (ExclusiveLock _ = lock(name, () -> {});
        Draft draft = draft(name)) {
      Trees.take(directory, draft.directory(), List.of("disk.img", "config.json", "nvram.bin"));
      String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      return draft.publish(new ImageRecord("", Content.of(draft.directory()), labels, now, source));
    } catch (IOException e) {
      throw Trees.failed("take in the image " + name + " from " + directory, e);
    }
  }

  /// A second name for an image, sharing its files.
  public LocalImage tag(String from, String to) {
    LocalImage source = get(from);
    try (ExclusiveLock _ = lock(to, () -> {});
        Draft draft = draft(to)) {
      Trees.take(source.directory(), draft.directory(), FILES);
      return draft.publish(source.record());
    } catch (IOException e) {
      throw Trees.failed("tag the image " + from + " as " + to, e);
    }
  }

  public void pin(String name, boolean pinned) {
    Path mark = get(name).directory().resolve(PINNED);
    try {
      if (pinned) {
        Files.writeString(mark, "");
      } else {
        Files.deleteIfExists(mark);
      }
    } catch (IOException e) {
      throw Trees.failed("pin the image " + name, e);
    }
  }

  /// @throws UserError when the image is pinned or in use
  public void delete(String name, InUse inUse) {
    try (ExclusiveLock _ = lock(name, () -> {})) {
      LocalImage image = get(name);
      if (image.pinned()) {
        throw new UserError(
            "The image " + name + " is pinned",
            "`bakehouse image pin --remove " + name + "` first.");
      }
      if (inUse.images().contains(name)) {
        throw new UserError(
            "The image " + name + " is in use by a VM or template",
            "`bakehouse vm list` shows by which; delete that first.");
      }
      Path away = work(name + ".deleted");
      Trees.delete(away);
      Trees.rename(image.directory(), away);
      Trees.delete(away);
    } catch (IOException e) {
      throw Trees.failed("delete the image " + name, e);
    }
  }

  /// Records the manifest an image was pushed with.
  public void pushed(String name, byte[] manifest, String digest) {
    LocalImage image = get(name);
    try {
      Trees.replace(image.directory().resolve("manifest.json"), manifest);
      Trees.replace(image.directory().resolve(RECORD), json(image.record().withDigest(digest)));
    } catch (IOException e) {
      throw Trees.failed("note the push of the image " + name, e);
    }
  }

  static byte[] json(ImageRecord record) {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(record);
  }

  Path work(String entry) {
    return root.resolve(".work").resolve(entry);
  }

  static String checked(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new UserError(
          "`" + name + "` can not be the name of an image",
          "Use letters, digits, dot, dash and underscore.");
    }
    return name;
  }
}
