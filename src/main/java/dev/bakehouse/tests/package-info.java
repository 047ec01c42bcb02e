/// Results of tests: dividing them among parallel jobs by their times, and finding those that fail
/// only sometimes.
@NullMarked
package dev.bakehouse.tests;

import org.jspecify.annotations.NullMarked;
