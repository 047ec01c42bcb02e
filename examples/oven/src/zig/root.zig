//! The parts of oven that touch every byte. Called from C++; see oven.h.

const std = @import("std");
const minifier = @import("minify.zig");

/// Writes the shortened source to `out`, which has room for `length` bytes; gives the new length.
export fn oven_minify(source: [*]const u8, length: usize, out: [*]u8) usize {
    return minifier.minify(source[0..length], out[0..length]);
}

/// Writes the SHA-256 of the data as 64 hexadecimal digits.
export fn oven_digest(data: [*]const u8, length: usize, out: *[64]u8) void {
    var hash: [32]u8 = undefined;
    std.crypto.hash.sha2.Sha256.hash(data[0..length], &hash, .{});
    out.* = std.fmt.bytesToHex(hash, .lower);
}
