package dev.bakehouse.image;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What goes into a Debian guest image besides the system itself.
///
/// @param packages Debian packages, for example `g++`
/// @param staged files and directories of this machine, copied in as root's
/// @param links symbolic links to make
/// @param diskGb size the guest sees, in GiB; the file is sparse
public record DebianRecipe(
    List<String> packages, List<Staged> staged, List<Link> links, int diskGb) {
  private static final int DEFAULT_DISK_GB = 10;

  /// @param host a file or a directory
  /// @param guest its absolute path in the guest
  public record Staged(Path host, String guest) {}

  /// @param guest absolute path of the link
  /// @param target what it points to
  public record Link(String guest, String target) {}

  public DebianRecipe {
    packages = List.copyOf(packages);
    staged = List.copyOf(staged);
    links = List.copyOf(links);
  }

  /// A bare system with git.
  public static DebianRecipe base() {
    return new DebianRecipe(List.of(), List.of(), List.of(), DEFAULT_DISK_GB);
  }

  public DebianRecipe packages(String... more) {
    List<String> all = new ArrayList<>(packages);
    all.addAll(List.of(more));
    return new DebianRecipe(all, staged, links, diskGb);
  }

  public DebianRecipe stage(Path host, String guest) {
    List<Staged> all = new ArrayList<>(staged);
    all.add(new Staged(host, guest));
    return new DebianRecipe(packages, all, links, diskGb);
  }

  public DebianRecipe link(String guest, String target) {
    List<Link> all = new ArrayList<>(links);
    all.add(new Link(guest, target));
    return new DebianRecipe(packages, staged, all, diskGb);
  }

  public DebianRecipe diskGb(int size) {
    return new DebianRecipe(packages, staged, links, size);
  }
}
