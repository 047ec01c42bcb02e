package dev.bakehouse.image;

import dev.bakehouse.platform.ExclusiveLock;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.vm.Hypervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// The images of this host: `ROOT/NAME/…`. An image is there whole or not at all: it is made in a
/// directory beside, on the same file system, and takes its name's place in one step.
///
/// Which images there are changes under one short lock, the gate. All that is known of an image
/// lies in its directory, so whoever deletes or renames that leaves no stale state.
public final class ImageStore {
  static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}");
  static final String RECORD = "image.json";
  static final String USED = "used";

  /// Manifest of the image that one was built from: its push leaves out what that one has.
  static final String PARENT = "parent.json";

  static final String OLD = ".old";

  /// What makes an image, and what is known of where it came from.
  static final List<String> FILES =
      List.of("disk.img", "config.json", "nvram.bin", "manifest.json", PARENT, "chunks.bin");

  private final Path root;
  private final Path work;
  private final boolean shared;
  private final StorePolicy policy;
  private final Catalog catalog = new Catalog(this);
  private final Changes changes = new Changes(this);

  /// A directory of images alone; what is unfinished lies in `ROOT/.work`.
  public ImageStore(Path root) {
    this(root, root.resolve(".work"), false, StorePolicy.NONE);
  }

  /// @param shared whether a hypervisor lists, runs and deletes what lies there
  private ImageStore(Path root, Path work, boolean shared, StorePolicy policy) {
    this.root = root;
    this.work = work;
    this.shared = shared;
    this.policy = policy;
  }

  /// The images of a hypervisor: in its own place where it keeps images itself, and then what is
  /// unfinished lies beside that (`TART_HOME/bakehouse`): neither among its VMs nor in what it
  /// sweeps.
  ///
  /// @param images where they are otherwise
  public static ImageStore of(Hypervisor hypervisor, Path images) {
    return hypervisor
        .imageStore()
        .map(own -> new ImageStore(own, own.resolveSibling("bakehouse"), true, StorePolicy.NONE))
        .orElseGet(() -> new ImageStore(images));
  }

  /// The same images under the rules of a host.
  public ImageStore with(StorePolicy rules) {
    return new ImageStore(root, work, shared, rules);
  }

  public Path root() {
    return root;
  }

  /// Where transfers keep what is unfinished: on the images' file system, made when needed.
  ///
  /// A directory in it that belongs to one piece of work is locked by the file of its name with
  /// `.lock` appended (in place of `.partial`): whoever gets that lock knows that the work is dead.
  /// What is not named by an image begins with a dot, as no image does, or has no `.lock`.
  public Path work() {
    return work;
  }

  public History history() {
    return new History(work);
  }

  /// The same images, with one more who has a say in what must stay.
  public ImageStore needing(Needed more) {
    return with(policy.needing(more));
  }

  public Room room() {
    return new StoreRoom(this);
  }

  StorePolicy policy() {
    return policy;
  }

  public Optional<LocalImage> find(String name) {
    return catalog.find(checked(name));
  }

  /// @throws UserError when there is no such image
  public LocalImage get(String name) {
    return find(name).orElseThrow(() -> missing(name));
  }

  UserError missing(String name) {
    return catalog.missing(name);
  }

  public List<LocalImage> list() {
    return catalog.list();
  }

  /// What lies among the images and has no readable record of ours: VMs that somebody made with the
  /// hypervisor's own tools, or a directory that was tampered with. Never pruned or replaced.
  public List<String> foreign() {
    return catalog.foreign();
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

  /// The right to use an image, which counts as a use; empty when it is not there.
  ///
  /// @param what it is used for, for people: `job run`
  public Optional<ImageLease> lease(String name, String what) {
    Optional<ImageLease> lease = lease(name, what, () -> find(name));
    lease.ifPresent(_ -> touch(name));
    return lease;
  }

  /// The same of an image that must be there.
  ///
  /// @throws UserError when it is not
  public ImageLease use(String name, String what) {
    return lease(name, what).orElseThrow(() -> missing(name));
  }

  /// The same of an image that somebody else has to be asked for.
  public Optional<ImageLease> lease(String name, String what, Supplier<Optional<LocalImage>> find) {
    return gated(
        "use the image " + checked(name),
        () -> {
          Optional<LocalImage> image = find.get();
          if (image.isEmpty()) {
            return Optional.empty();
          }
          String text = what + ", process " + ProcessHandle.current().pid();
          Tickets.Held held = leases().take(name, text);
          return Optional.of(new ImageLease(this, image.get(), find, held));
        });
  }

  /// What each image is used for by living processes, by its name.
  Map<String, List<String>> leased() {
    return gated("see which images are used", () -> leases().living());
  }

  private Tickets leases() {
    return new Tickets(work("leases"));
  }

  /// One process at a time works on an image's name; others wait here.
  public ExclusiveLock lock(String name, Runnable waiting) {
    return ExclusiveLock.on(work(name + ".lock"), waiting);
  }

  /// A place to make an image in; the caller holds its [#lock]. What a killed process left there is
  /// removed.
  ///
  /// @throws UserError when the name is taken by something that is not ours
  public Draft draft(String name) {
    Use.insistReplaceable(this, checked(name));
    return new Draft(this, name, work(Draft.directory(name)));
  }

  /// Takes in a directory with `disk.img`, `config.json` and perhaps `nvram.bin`. Files are shared
  /// where the file system allows, so the directory is not to be written to afterwards.
  ///
  /// @param source what `image list` shows as its origin
  public LocalImage adopt(String name, Path directory, Map<String, String> labels, String source) {
    return changes.adopt(name, directory, labels, source);
  }

  /// A second name for an image, sharing its files.
  public LocalImage tag(String from, String to) {
    return changes.tag(from, to);
  }

  /// A person's pin. Who takes it away takes away that of a rollout, too.
  public void pin(String name, boolean pinned) {
    changes.pin(name, pinned);
  }

  /// The pin of a rollout, beside that of a person.
  public void hold(String name, boolean held) {
    changes.hold(name, held);
  }

  /// @throws UserError when the image is pinned or in use
  public void delete(String name) {
    Optional<UserError> reason = changes.delete(get(name), "deleted");
    if (reason.isPresent()) {
      throw reason.get();
    }
  }

  /// The same for a clean-up.
  ///
  /// @return why it stays; empty when it is gone
  Optional<UserError> prune(LocalImage image) {
    return changes.delete(image, "pruned");
  }

  /// Records the manifest an image was pushed with.
  ///
  /// @param image as it was read for the push; when another has its name now, that one is left
  ///   alone
  /// @param to where, for the history
  /// @param bytes moved
  public void pushed(LocalImage image, byte[] manifest, String digest, String to, long bytes) {
    changes.pushed(image, manifest, digest, to, bytes);
  }

  Path work(String entry) {
    return work.resolve(entry);
  }

  /// Where an image lies while another takes its place, on file systems that can not swap them.
  Path old(String name) {
    return work(name + OLD);
  }

  boolean shared() {
    return shared;
  }

  /// Brings files of an image into another's directory, those that are there: by hard link; where a
  /// hypervisor may write to one of its names, by a clone.
  void share(Path from, Path to, List<String> names) throws IOException {
    if (shared) {
      Trees.copy(from, to, names);
    } else {
      Trees.take(from, to, names);
    }
  }

  interface IoWork<T> {
    T run() throws IOException;
  }

  /// Runs a change of which images there are, or a look that must not be overtaken by one. One at a
  /// time for all processes; short. Within itself it is simply run.
  <T> T gated(String doing, IoWork<T> change) {
    Path gate = work(".gate.lock");
    try {
      if (ExclusiveLock.held(gate)) {
        return change.run();
      }
      try (ExclusiveLock _ = ExclusiveLock.on(gate)) {
        return change.run();
      }
    } catch (IOException e) {
      throw Trees.failed(doing, e);
    }
  }

  /// Ends a replacement that a kill interrupted, within the gate: the new image if it is there,
  /// else the old one.
  Path recover(String name) throws IOException {
    Path place = root.resolve(name);
    if (Files.exists(old(name)) && !Files.exists(place)) {
      Trees.rename(old(name), place);
    }
    return place;
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
