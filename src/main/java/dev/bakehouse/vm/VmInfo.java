package dev.bakehouse.vm;

import java.time.Instant;

/// One line of `vm list`.
///
/// @param state `created`, `running`, `stopped`
/// @param owner `pid N` while that process lives, `pid N (gone)` after, `kept` for a VM made by
///   hand
/// @param slot the slot its lease holds, -1 for none
/// @param pid the hypervisor's process, 0 when not running
/// @param started when it was started last, or made when it never was
public record VmInfo(
    String name, String state, String image, String owner, int slot, long pid, Instant started) {}
