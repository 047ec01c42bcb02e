/// What happens inside a guest: the control channel, commands over SSH, files both ways.
@NullMarked
package dev.bakehouse.guest;

import org.jspecify.annotations.NullMarked;
