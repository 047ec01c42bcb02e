package dev.bakehouse.job;

import dev.bakehouse.cache.Access;
import dev.bakehouse.cache.CachePaths;
import dev.bakehouse.cache.JobIdentity;
import dev.bakehouse.guest.GuestSystem;
import dev.bakehouse.store.BlobStore;
import java.util.Map;

/// The store of caches to one job: opened once, with what it may read and write there.
///
/// @param platform of the guest
/// @param stores which opened it
record JobScope(
    JobIdentity identity, String platform, Access access, JobStores stores, BlobStore blobs) {
  /// @param system of the guest
  static JobScope of(Job job, HostSettings settings, GuestSystem system) {
    Map<String, String> env = job.texts();
    JobIdentity identity = JobIdentity.of(env);
    String platform = CachePaths.platform(system.name(), System.getProperty("os.arch"), env);
    JobStores stores = JobStores.of(settings, env);
    return new JobScope(
        identity,
        platform,
        Access.of(identity, platform),
        stores,
        stores.open(settings.cacheStore()));
  }
}
