/// Blobs in a bucket of S3, or of a server that speaks its protocol. Only a process that uses such
/// a store loads these classes and the SDK.
@NullMarked
package dev.bakehouse.store.s3;

import org.jspecify.annotations.NullMarked;
