/// Everything on one machine, without an account: what it needs, a coordinator, hosts, a build from
/// start to end.
@NullMarked
package dev.bakehouse.local;

import org.jspecify.annotations.NullMarked;
