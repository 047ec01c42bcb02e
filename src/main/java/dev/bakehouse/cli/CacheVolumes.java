package dev.bakehouse.cli;

import dev.bakehouse.cache.CacheConfig;
import dev.bakehouse.job.CachePublisher;
import dev.bakehouse.job.HostSettings;
import dev.bakehouse.platform.Poll;
import dev.bakehouse.platform.UserError;
import dev.bakehouse.volume.Publications;
import dev.bakehouse.volume.Volume;
import dev.bakehouse.volume.VolumeSpace;
import dev.bakehouse.volume.Volumes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/// `bakehouse cache volumes`: the cache volumes of this host.
@Command(
    name = "volumes",
    mixinStandardHelpOptions = true,
    description = "The cache volumes this host keeps from job to job.")
final class CacheVolumes extends Group {
  private static final Map<String, Supplier<Callable<Integer>>> VERBS = new LinkedHashMap<>();

  static {
    VERBS.put("list", ListAll::new);
    VERBS.put("pin", Pin::new);
    VERBS.put("prune", Prune::new);
    VERBS.put("publish", Publish::new);
  }

  private static final long MB = 1_000_000;
  private static final Duration LONGEST = Duration.ofHours(1);

  @Override
  Map<String, Supplier<Callable<Integer>>> verbs() {
    return VERBS;
  }

  /// `bakehouse cache volumes list`
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "List the volumes, the least recently used first, and what waits to be saved.")
  static final class ListAll implements Callable<Integer> {
    @Mixin HostOptions host = new HostOptions();

    @Option(names = "--json", description = "Answer in JSON.")
    boolean json;

    @Override
    public Integer call() throws IOException {
      Volumes volumes = new Volumes(host.settings().state());
      List<Volume> all = volumes.list();
      List<String> waiting =
          new Publications(volumes).waiting().stream().map(Publications.Waiting::id).toList();
      if (json) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("volumes", all);
        answer.put("waiting", waiting);
        System.out.println(JsonMapper.builder().build().writeValueAsString(answer));
        return Exit.OK;
      }
      for (Volume volume : all) {
        System.out.printf(
            Locale.ROOT,
            "%-45s %,8d MB  %s  used %s%s%n",
            volume.name(),
            volume.bytes() / MB,
            volume.shown(),
            volume.used(),
            volume.pinned() ? "  pinned" : "");
      }
      System.out.printf(
          "%d volumes, %d generations wait to be saved%n", all.size(), waiting.size());
      return Exit.OK;
    }
  }

  /// `bakehouse cache volumes pin`
  @Command(
      name = "pin",
      mixinStandardHelpOptions = true,
      description = "Keep a volume from being pruned.")
  static final class Pin implements Callable<Integer> {
    @Mixin HostOptions host = new HostOptions();

    @Parameters(paramLabel = "NAME", description = "As `cache volumes list` shows it.")
    String name = "";

    @Option(names = "--remove", description = "Let it go again.")
    boolean remove;

    @Override
    public Integer call() {
      new Volumes(host.settings().state()).pin(name, !remove);
      System.out.println(name + (remove ? ": not pinned" : ": pinned"));
      return Exit.OK;
    }
  }

  /// `bakehouse cache volumes prune`
  @Command(
      name = "prune",
      mixinStandardHelpOptions = true,
      description = "Delete the least recently used volumes until the others fit the budget.")
  static final class Prune implements Callable<Integer> {
    @Mixin HostOptions host = new HostOptions();

    @Option(
        names = "--budget-gb",
        paramLabel = "N",
        description = "Instead of cache.volumes.budget-gb; 0 deletes all that are not pinned.")
    @Nullable Integer budget;

    @Parameters(
        paramLabel = "NAME",
        arity = "0..*",
        description = "Delete exactly these instead, pinned or not.")
    List<String> names = List.of();

    @Override
    public Integer call() {
      if (budget != null && (budget < 0 || budget > CacheConfig.MOST_GB)) {
        throw new UserError(
            "cache volumes prune: --budget-gb " + budget + " is no budget",
            "Give a whole number from 0 to " + CacheConfig.MOST_GB + ".");
      }
      HostSettings settings = host.settings();
      Volumes volumes = new Volumes(settings.state());
      VolumeSpace space = new VolumeSpace(volumes);
      space.sweep();
      if (!names.isEmpty()) {
        names.forEach(volumes::delete);
        names.forEach(name -> System.out.println(name + ": deleted"));
        return Exit.OK;
      }
      long bytes = budget == null ? settings.cache().volumes() : CacheConfig.bytes(budget);
      List<Volume> gone = space.prune(bytes);
      gone.forEach(v -> System.out.println(v.name() + ": deleted"));
      System.out.printf("%d volumes deleted, %d kept%n", gone.size(), volumes.list().size());
      return Exit.OK;
    }
  }

  /// `bakehouse cache volumes publish`
  @Command(
      name = "publish",
      mixinStandardHelpOptions = true,
      description = "Save to the store what waits for it, as the host's daemon does by itself.")
  static final class Publish implements Callable<Integer> {
    @Mixin HostOptions host = new HostOptions();

    @Parameters(paramLabel = "ID", arity = "0..*", description = "Only these.")
    List<String> ids = List.of();

    @Option(names = "--wait", description = "Also wait for what other processes are saving.")
    boolean wait;

    @Override
    public Integer call() throws IOException {
      HostSettings settings = host.settings();
      CachePublisher publisher = new CachePublisher(settings, System.out::println);
      Publications publications = new Publications(new Volumes(settings.state()));
      List<Publications.Waiting> all = new ArrayList<>();
      for (String id : ids) {
        all.add(publications.find(id));
      }
      boolean done = true;
      for (Publications.Waiting waiting : ids.isEmpty() ? publications.waiting() : all) {
        done &= publisher.publish(waiting);
      }
      if (done && wait) {
        Poll.until(
            "the end of what other processes are saving",
            LONGEST,
            () -> publications.waiting().isEmpty() ? Optional.of(true) : Optional.empty());
      }
      return done ? Exit.OK : Exit.FAILED;
    }
  }
}
