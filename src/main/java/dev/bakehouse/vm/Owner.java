package dev.bakehouse.vm;

/// Who a running VM lives for.
public enum Owner {
  /// This process: a guardian ends the VM when this process is gone, however it went.
  PIPE,
  /// As PIPE, until another process takes the VM over ([Hypervisor#takeOver]).
  HEIR,
  /// Nobody: the VM lives on until it is stopped by name.
  DETACHED
}
