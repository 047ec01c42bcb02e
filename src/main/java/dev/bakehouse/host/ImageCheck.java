package dev.bakehouse.host;

import dev.bakehouse.host.ImageState.Standing;
import dev.bakehouse.image.Labels;
import dev.bakehouse.image.LocalImage;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.job.Images;
import dev.bakehouse.platform.UserError;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.Optional;

/// Looks at one image jobs may run in; cheap enough for every second.
final class ImageCheck {
  private final HostSettings host;
  private final Images images;
  private final ImageMarks marks;

  /// @param host whose `image` is the one to look at
  ImageCheck(HostSettings host, ImageMarks marks) {
    this.host = host;
    this.images = new Images(host);
    this.marks = marks;
  }

  Images images() {
    return images;
  }

  ImageState state(Requirement requirement) {
    try {
      return state(images.name(), requirement);
    } catch (UserError e) {
      return new ImageState(host.image(), host.image(), Standing.DAMAGED, text(e), "", "");
    }
  }

  /// The image of the store, where the hypervisor keeps it itself too: only that has labels.
  Optional<LocalImage> image() {
    return images.store().find(images.name()).or(images::here);
  }

  private ImageState state(String name, Requirement requirement) {
    Optional<LocalImage> image = image();
    if (image.isEmpty()) {
      return new ImageState(
          host.image(), name, Standing.MISSING, "image " + name + " is missing", "", "");
    }
    String bootstrap = Labels.bootstrapVersion(image.get());
    String version = Labels.version(image.get());
    Found found = look(image.get(), requirement);
    String reason = found.why().isEmpty() ? "" : "image " + name + " " + found.why();
    return new ImageState(host.image(), name, found.standing(), reason, bootstrap, version);
  }

  private record Found(Standing standing, String why) {}

  private Found look(LocalImage image, Requirement requirement) {
    try {
      String stamp = ImageMarks.stamp(image.directory());
      Optional<ImageMarks.Mark> mark = marks.of(image);
      if (mark.isEmpty()) {
        marks.put(image, stamp, Instant.now(), "");
      } else if (!mark.get().stamp().equals(stamp)) {
        return new Found(Standing.CHANGED, "was changed on the disk and is read again");
      } else if (!mark.get().damage().isEmpty()) {
        return new Found(Standing.DAMAGED, "is damaged: " + mark.get().damage());
      }
    } catch (NoSuchFileException e) {
      return new Found(Standing.DAMAGED, "is damaged: a file is missing");
    } catch (IOException e) {
      return new Found(Standing.DAMAGED, "can not be read: " + e);
    }
    return requirement
        .against(image)
        .map(why -> new Found(Standing.UNFIT, why))
        .orElse(new Found(Standing.READY, ""));
  }

  private static String text(UserError e) {
    return String.valueOf(e.getMessage());
  }
}
