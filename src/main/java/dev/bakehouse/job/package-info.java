/// One job in one clean VM: the phases from slot to destroy, the environment that crosses, the
/// exact result.
@NullMarked
package dev.bakehouse.job;

import org.jspecify.annotations.NullMarked;
