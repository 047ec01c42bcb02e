package dev.bakehouse.guest;

/// Who answers at the other end of the control channel.
///
/// @param version of the protocol
/// @param bootId the kernel's boot id; twins resumed from one template share it
/// @param ready whether the start is over, so that the guest can be identified or suspended
/// @param kernel its release
public record Hello(int version, String bootId, boolean ready, String kernel) {}
