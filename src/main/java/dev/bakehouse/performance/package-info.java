/// Results of benchmarks: reading, comparing and showing them.
@NullMarked
package dev.bakehouse.performance;

import org.jspecify.annotations.NullMarked;
