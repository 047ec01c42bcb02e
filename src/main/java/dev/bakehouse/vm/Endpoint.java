package dev.bakehouse.vm;

/// A TCP address this process can connect to.
public record Endpoint(String host, int port) {}
