/// The command line: one class a verb, options and one call each.
@NullMarked
package dev.bakehouse.cli;

import org.jspecify.annotations.NullMarked;
