/// `bakehouse.yml` and the environment, read once into validated records.
@NullMarked
package dev.bakehouse.config;

import org.jspecify.annotations.NullMarked;
