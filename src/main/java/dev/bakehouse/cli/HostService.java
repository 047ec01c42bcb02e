package dev.bakehouse.cli;

import dev.bakehouse.host.Service;
import dev.bakehouse.job.HostSettings;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `bakehouse host install|uninstall|restart`: the daemon as a service of launchd or systemd.
final class HostService {
  private HostService() {}

  /// Whose service.
  static final class Whose {
    @Option(
        names = "--user",
        description = "Of the user who runs this (default on macOS, where VMs want a session).")
    boolean user;

    @Option(names = "--system", description = "Of the machine (default for root elsewhere).")
    boolean system;
  }

  /// What all three are given.
  static final class Options {
    @Mixin HostOptions host = new HostOptions();

    @ArgGroup Whose whose = new Whose();

    /// One that may be there.
    Service service() {
      return service(host.settings());
    }

    /// One that is to run.
    Service runnable() {
      return service(host.configured());
    }

    private Service service(HostSettings settings) {
      boolean system = whose.system || (!whose.user && Service.systemByDefault());
      return new Service(settings, system, System.out::println);
    }
  }

  /// `bakehouse host install`
  @Command(
      name = "install",
      mixinStandardHelpOptions = true,
      description = "Has launchd or systemd run the daemon.")
  static final class Install implements Callable<Integer> {
    @Mixin Options options = new Options();

    @Option(names = "--dry-run", description = "Print what would be written and run.")
    boolean dryRun;

    @Override
    public Integer call() {
      Service service = options.runnable();
      if (dryRun) {
        service.plan();
      } else {
        service.install();
      }
      return Exit.OK;
    }
  }

  /// `bakehouse host uninstall`
  @Command(
      name = "uninstall",
      mixinStandardHelpOptions = true,
      description = "Ends the service once its jobs have ended, and removes it.")
  static final class Uninstall implements Callable<Integer> {
    @Mixin Options options = new Options();

    @Override
    public Integer call() {
      options.service().uninstall();
      return Exit.OK;
    }
  }

  /// `bakehouse host restart`
  @Command(
      name = "restart",
      mixinStandardHelpOptions = true,
      description = "Starts the service again once its jobs have ended.")
  static final class Restart implements Callable<Integer> {
    @Mixin Options options = new Options();

    @Override
    public Integer call() {
      options.service().restart();
      return Exit.OK;
    }
  }
}
