/// Statuses of commits on GitHub.
@NullMarked
package dev.bakehouse.github;

import org.jspecify.annotations.NullMarked;
