/// Cache volumes: copy-on-write disks a host keeps from job to job, and what is on them.
@NullMarked
package dev.bakehouse.volume;

import org.jspecify.annotations.NullMarked;
