/// What the operating system gives: processes, files, the environment. The only room with native
/// calls.
@NullMarked
package dev.bakehouse.platform;

import org.jspecify.annotations.NullMarked;
